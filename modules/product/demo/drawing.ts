/** Shape of a flat picture, as SVG text. The canvas is 400 by 400; objects stand on a floor at about y = 316. */
export type Shape = string

export interface Picture {
  /** Background of the object: a floor, a disc or a slanted surface. */
  scene: 'floor' | 'disc' | 'slant'
  shapes: readonly Shape[]
}

/** Colours of the products and their materials; the names follow `colours` in translations.ts. */
export const paint = {
  black: '#34353c',
  charcoal: '#50535c',
  graphite: '#5b606b',
  grey: '#a4a8ad',
  silver: '#c9ced6',
  white: '#fbfaf7',
  ivory: '#f5ecdc',
  oat: '#e3d3b9',
  sand: '#d8b68a',
  blue: '#64809f',
  navy: '#37486c',
  sky: '#83b7d8',
  mint: '#93ccb8',
  sage: '#a1b694',
  forest: '#3f6b56',
  olive: '#7c8150',
  mustard: '#e2ae42',
  apricot: '#f2b183',
  coral: '#e7765f',
  terracotta: '#c66c4d',
  rose: '#d6a09c',
  lilac: '#b4a3d4',
  copper: '#b9774f',
  brass: '#d0a550',
  oak: '#dcb27c',
  walnut: '#8b5d40',
  glow: '#ffe3a1',
  glass: '#d5e6ea',
} as const

export const rect = (x: number, y: number, width: number, height: number, fill: string, radius = 0): Shape =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}"${radius ? ` rx="${radius}"` : ''} ${filled(fill)}/>`

export const circle = (cx: number, cy: number, r: number, fill: string): Shape =>
  `<circle cx="${cx}" cy="${cy}" r="${r}" ${filled(fill)}/>`

export const ellipse = (cx: number, cy: number, rx: number, ry: number, fill: string): Shape =>
  `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" ${filled(fill)}/>`

export const path = (d: string, fill: string): Shape => `<path d="${d}" ${filled(fill)}/>`

/** A line with round ends. */
export const stroke = (d: string, colour: string, width: number): Shape =>
  `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`

export const ring = (cx: number, cy: number, r: number, colour: string, width: number): Shape =>
  `<circle cx="${cx}" cy="${cy}" r="${r}" fill="none" stroke="${colour}" stroke-width="${width}"/>`

export const group = (transform: string, ...shapes: readonly Shape[]): Shape =>
  `<g transform="${transform}">${shapes.join('')}</g>`

/** Shapes with their mirror image, reflected left to right. */
export const mirrored = (...shapes: readonly Shape[]): Shape =>
  shapes.join('') + group('matrix(-1 0 0 1 400 0)', ...shapes)

/** Defines a tile for `fill="url(#id)"`; `x` and `y` are the origin of one tile. */
export const tile = (id: string, [x, y, width, height]: readonly number[], ...shapes: readonly Shape[]): Shape =>
  `<pattern id="${id}" x="${x}" y="${y}" width="${width}" height="${height}" patternUnits="userSpaceOnUse">${shapes.join('')}</pattern>`

/** Soft shadow under an object. */
export const shadow = (cx: number, cy: number, rx: number, ry = 9): Shape =>
  `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" fill-opacity=".13"/>`

/** Translucent shape, such as light from a lamp, a reflection or steam. */
export const translucent = (shape: Shape, opacity: number): Shape => `<g opacity="${opacity}">${shape}</g>`

/** Mixes `#rrggbb` with white (up to 1) or black (down to -1). */
export function shade(colour: string, amount: number): string {
  const goal = amount < 0 ? 0 : 255
  const channels = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16))
  const mixed = channels.map((channel) => Math.round(channel + (goal - channel) * Math.abs(amount)))
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}

const filled = (fill: string): string => `fill="${fill}"`
