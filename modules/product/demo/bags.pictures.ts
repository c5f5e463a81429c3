import type { Picture, Shape } from './drawing.ts'
import { circle, ellipse, group, mirrored, paint, path, rect, shade, shadow, stroke, tile } from './drawing.ts'

const daypack = (colour: string): Shape[] => [
  shadow(200, 332, 104),
  stroke('M172 76C172 40 228 40 228 76', shade(colour, -0.3), 11),
  mirrored(stroke('M108 160C84 210 84 270 104 304', shade(colour, -0.35), 18)),
  path('M104 172c0-70 36-104 96-104s96 34 96 104v124c0 22-12 36-34 36H138c-22 0-34-14-34-36z', colour),
  stroke('M132 176c2-46 24-70 68-70s66 24 68 70', shade(colour, -0.3), 5),
  rect(262, 166, 12, 26, paint.brass, 5),
  rect(126, 206, 148, 108, shade(colour, -0.16), 22),
  stroke('M138 230h124', shade(colour, -0.45), 5),
  rect(240, 228, 9, 26, paint.brass, 4),
  rect(172, 136, 56, 34, paint.walnut, 6),
  path('M186 160l12-16l8 10l6-6l10 12z', paint.oat),
]

const rollTop = (colour: string): Shape[] => [
  shadow(200, 334, 98),
  mirrored(stroke('M118 170C92 214 92 280 112 312', shade(colour, -0.4), 16)),
  path('M112 116h176l8 194c1 14-8 24-22 24H126c-14 0-23-10-22-24z', colour),
  path('M112 116h40l-6 218h-20c-14 0-23-10-22-24z', shade(colour, 0.2)),
  rect(100, 92, 200, 42, shade(colour, -0.14), 20),
  rect(106, 74, 188, 34, shade(colour, -0.28), 16),
  stroke('M118 92h164', shade(colour, -0.45), 4),
  rect(189, 66, 22, 176, paint.charcoal, 4),
  rect(180, 168, 40, 32, paint.black, 7),
  rect(188, 178, 24, 12, paint.grey, 4),
  path('M134 252h132v50c0 10-6 16-16 16H150c-10 0-16-6-16-16z', shade(colour, -0.14)),
  stroke('M146 270h108', shade(colour, -0.45), 5),
  rect(270, 226, 12, 34, paint.silver, 4),
]

const childrensPack = (colour: string): Shape[] => [
  shadow(200, 326, 96),
  mirrored(
    circle(142, 104, 36, shade(colour, -0.14)),
    circle(142, 104, 20, paint.ivory),
    stroke('M110 190C88 226 90 274 108 300', shade(colour, -0.3), 15),
  ),
  rect(104, 92, 192, 232, colour, 78),
  mirrored(circle(164, 176, 9, paint.black), ellipse(144, 202, 15, 10, paint.coral)),
  ellipse(200, 196, 13, 9, paint.walnut),
  stroke('M186 212q7 9 14 0q7 9 14 0', paint.walnut, 4),
  path('M132 240h136v28c0 30-18 44-44 44h-48c-26 0-44-14-44-44z', shade(colour, -0.14)),
  stroke('M138 248h124', paint.walnut, 5),
  rect(194, 244, 12, 26, paint.brass, 5),
]

const laptopSleeve = (): Shape[] => [
  tile('f', [0, 0, 13, 13], circle(4, 4, 1.2, shade(paint.grey, -0.2)), circle(10, 10, 1.2, shade(paint.grey, 0.35))),
  group(
    'rotate(-8 200 210)',
    rect(72, 92, 256, 60, paint.silver, 12),
    rect(58, 124, 284, 192, shade(paint.grey, -0.28), 18),
    rect(58, 118, 284, 190, paint.grey, 18),
    rect(58, 118, 284, 190, 'url(#f)', 18),
    path('M58 132a14 14 0 0 1 14-14h256a14 14 0 0 1 14 14v34c-40 34-100 46-142 46s-102-12-142-46z', paint.copper),
    stroke('M70 164c40 28 90 38 130 38s90-10 130-38', shade(paint.copper, 0.35), 2.5),
    circle(200, 190, 8, paint.brass),
  ),
]

const techPouch = (colour: string): Shape[] => [
  shadow(200, 312, 132),
  stroke('M150 150C120 80 200 60 190 110S262 120 248 78', paint.coral, 9),
  group('translate(248 78)rotate(-70)', rect(-4, -10, 30, 20, paint.silver, 5), rect(26, -6, 16, 12, paint.grey, 3)),
  rect(70, 148, 260, 164, shade(colour, -0.28), 40),
  rect(70, 142, 260, 162, colour, 40),
  rect(102, 136, 196, 16, paint.black, 8),
  stroke('M86 180h228', shade(colour, -0.35), 8),
  stroke('M92 180h216', paint.brass, 2.5),
  rect(284, 174, 14, 44, paint.oak, 6),
  rect(112, 216, 120, 62, shade(colour, -0.14), 14),
  rect(190, 258, 56, 22, paint.walnut, 4),
  stroke('M334 196c30 6 30 56 0 62', paint.oak, 9),
]

const tote = (colour: string, handles: string): Shape[] => [
  tile('c', [0, 0, 6, 6], path('M0 0h6v1H0zM0 0h1v6H0z', shade(colour, -0.06))),
  shadow(200, 336, 104),
  stroke('M150 190V110C150 40 250 40 250 110V190', shade(handles, -0.25), 13),
  path('M96 148h208l16 176c1 8-4 12-12 12H92c-8 0-13-4-12-12z', colour),
  path('M96 148h208l16 176c1 8-4 12-12 12H92c-8 0-13-4-12-12z', 'url(#c)'),
  path('M84 282h232l4 42c1 8-4 12-12 12H92c-8 0-13-4-12-12z', handles),
  stroke('M142 216V120C142 48 258 48 258 120V216', handles, 13),
  rect(132, 206, 20, 28, handles, 3),
  rect(248, 206, 20, 28, handles, 3),
  circle(200, 246, 17, paint.mustard),
  stroke(
    'M200 218v-6M200 280v-6M172 246h-6M234 246h-6M180 226l-4-4M224 270l-4-4M220 226l4-4M176 270l4-4',
    paint.mustard,
    5,
  ),
]

export const bagPictures: Record<string, Picture> = {
  'ridge-daypack-22l': { scene: 'floor', shapes: daypack(paint.navy) },
  'ferry-rolltop-backpack': { scene: 'disc', shapes: rollTop(paint.mustard) },
  'burrow-mini-backpack': { scene: 'floor', shapes: childrensPack(paint.apricot) },
  'fold-laptop-sleeve': { scene: 'slant', shapes: laptopSleeve() },
  'nook-tech-pouch': { scene: 'disc', shapes: techPouch(paint.blue) },
  'market-canvas-tote': { scene: 'floor', shapes: tote(paint.oat, paint.coral) },
}
