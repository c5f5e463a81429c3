import { writeFileSync } from 'node:fs'
import { audioPictures } from './audio.pictures.ts'
import { bagPictures } from './bags.pictures.ts'
import { deskPictures } from './desk.pictures.ts'
import type { Picture } from './drawing.ts'
import { circle, path, rect } from './drawing.ts'
import { keyboardPictures } from './keyboards.pictures.ts'
import { kitchenPictures } from './kitchen.pictures.ts'
import { lightingPictures } from './lighting.pictures.ts'
import { powerPictures } from './power.pictures.ts'

type Backdrop = readonly [wall: string, second: string]

/** Pictures of each root category with its three backdrops, used in rotation so that the pictures vary. */
const pictureSets: readonly (readonly [Record<string, Picture>, readonly Backdrop[]])[] = [
  [
    audioPictures,
    [
      ['#f8e6d8', '#f1d3bd'],
      ['#f9e3dc', '#f1cdc2'],
      ['#f7ead2', '#eedab4'],
    ],
  ],
  [
    keyboardPictures,
    [
      ['#e3e7f4', '#ced6ec'],
      ['#eae6f5', '#d8d1ec'],
      ['#dfe9f3', '#c6d8ea'],
    ],
  ],
  [
    deskPictures,
    [
      ['#e5ecdf', '#cfddc6'],
      ['#edf0df', '#dbe2c3'],
      ['#dfebe4', '#c4dacd'],
    ],
  ],
  [
    powerPictures,
    [
      ['#dcedeb', '#c1dfdc'],
      ['#dfecf1', '#c5dce6'],
      ['#e4efe6', '#cbe1d0'],
    ],
  ],
  [
    lightingPictures,
    [
      ['#55617f', '#46516c'],
      ['#655f7e', '#544e6b'],
      ['#4d6a72', '#3f5a62'],
    ],
  ],
  [
    kitchenPictures,
    [
      ['#faf0d3', '#f2e0af'],
      ['#f8ead6', '#efd6b3'],
      ['#f2eed9', '#e2dcb6'],
    ],
  ],
  [
    bagPictures,
    [
      ['#f4e2e3', '#e9cbcd'],
      ['#f0e4ec', '#e0ccd9'],
      ['#f5e6dd', '#eacfc0'],
    ],
  ],
]

const scenes = {
  floor: (colour: string) => rect(0, 288, 400, 112, colour),
  disc: (colour: string) => circle(200, 200, 158, colour),
  slant: (colour: string) => path('M0 400V290L400 110V400z', colour),
}

/** SVG text of every demo product's picture, by slug. */
export const pictures: ReadonlyMap<string, string> = new Map(
  pictureSets.flatMap(([drawings, backdrops]) =>
    Object.entries(drawings).map(
      ([slug, picture], index) =>
        [slug, render(picture, backdrops[index % backdrops.length] ?? ['#fff', '#eee'])] as const,
    ),
  ),
)

function render({ scene, shapes }: Picture, [wall, second]: Backdrop): string {
  const body = [rect(0, 0, 400, 400, wall), scenes[scene](second), ...shapes].join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">${body}</svg>\n`
}

/** Run as a program, this file writes the pictures to the public folder of the storefront. */
if (import.meta.main)
  for (const [slug, svg] of pictures)
    writeFileSync(new URL(`../../../web/public/demo/${slug}.svg`, import.meta.url), svg)
