import type { Picture, Shape } from './drawing.ts'
import { circle, ellipse, paint, path, rect, ring, shade, shadow, stroke, tile, translucent } from './drawing.ts'

const steam = (x: number, y: number): Shape =>
  translucent(stroke(`M${x} ${y}q-14-16 0-32t0-32M${x + 34} ${y - 6}q-14-16 0-32t0-32`, paint.white, 8), 0.85)

const gooseneck = (colour: string): Shape[] => [
  shadow(206, 326, 112),
  rect(120, 308, 172, 16, paint.charcoal, 8),
  stroke('M136 272C70 262 106 150 52 136', colour, 14),
  path('M150 148h112l22 160H128z', colour),
  path('M150 148h26l-16 160h-32z', shade(colour, 0.2)),
  stroke('M262 158C350 146 350 250 290 262', paint.walnut, 17),
  rect(146, 134, 120, 20, shade(colour, -0.3), 10),
  rect(188, 116, 36, 20, paint.walnut, 9),
  ring(206, 316, 5, paint.mint, 3),
]

const glassKettle: Shape[] = [
  shadow(196, 326, 110),
  stroke('M274 128C366 110 356 276 290 272', paint.charcoal, 20),
  path('M128 122l-42 24l38 26z', paint.silver),
  path('M124 116h148l20 176H106z', paint.glass),
  path('M117 196q40-16 84 0t83 0l10 96H106z', '#a8d3e2'),
  stroke('M142 136l-12 130', paint.white, 9),
  circle(170, 252, 6, paint.white),
  circle(212, 232, 8, paint.white),
  circle(240, 262, 5, paint.white),
  rect(102, 286, 194, 16, '#5bb4e0', 6),
  rect(96, 300, 206, 24, paint.charcoal, 10),
  rect(120, 100, 156, 20, paint.charcoal, 10),
  rect(178, 84, 40, 18, paint.silver, 8),
]

const stoveKettle = (colour: string): Shape[] => [
  shadow(200, 322, 112),
  stroke('M128 168C128 40 272 40 272 168', paint.grey, 8),
  stroke('M156 82C180 66 220 66 244 82', paint.walnut, 22),
  path('M108 232L44 184l22-20l70 42z', shade(colour, -0.2)),
  circle(54, 172, 14, paint.grey),
  path('M92 290c0-84 40-136 108-136s108 52 108 136c0 22-20 30-108 30s-108-8-108-30z', colour),
  stroke('M122 262c6-42 22-66 48-78', shade(colour, 0.4), 10),
  ellipse(200, 158, 44, 11, shade(colour, -0.25)),
  circle(200, 142, 12, paint.walnut),
  path('M94 298q106 22 212 0q-4 22-106 22t-106-22z', shade(colour, -0.25)),
]

const pourOver: Shape[] = [
  shadow(196, 326, 92),
  stroke('M268 236C326 226 322 300 270 296', paint.glass, 13),
  path('M146 200h104l32 96c6 20-6 28-22 28H136c-16 0-28-8-22-28z', paint.glass),
  path('M127 258h142l13 38c6 20-6 28-22 28H136c-16 0-28-8-22-28z', '#7a4b30'),
  stroke('M146 216l-20 62', paint.white, 7),
  rect(122, 186, 152, 18, paint.oak, 9),
  path('M108 82h180l-58 102h-64z', paint.white),
  path('M108 82h46l28 102h-16z', shade(paint.white, -0.08)),
  stroke('M176 98l14 76M218 98l-10 76', shade(paint.white, -0.14), 4),
  path('M100 74h196l-8 16H108z', '#8a5a3a'),
  rect(96, 68, 204, 14, paint.white, 7),
  stroke('M198 206v44', '#7a4b30', 4),
  stroke('M288 108c40-4 40 40-20 42', paint.white, 10),
]

const handGrinder: Shape[] = [
  shadow(196, 328, 64),
  stroke('M196 92L296 72', paint.grey, 11),
  rect(286, 34, 30, 44, paint.walnut, 14),
  rect(178, 84, 36, 22, paint.charcoal, 8),
  rect(148, 102, 96, 150, paint.silver, 14),
  rect(148, 102, 26, 150, shade(paint.silver, 0.45), 12),
  stroke('M152 140h88M152 152h88M152 164h88M152 176h88', shade(paint.silver, -0.12), 3),
  rect(142, 200, 108, 20, paint.charcoal, 6),
  rect(152, 248, 88, 78, paint.walnut, 14),
  rect(152, 248, 22, 78, shade(paint.walnut, 0.2), 10),
  ellipse(92, 318, 13, 9, '#6a4028'),
  stroke('M84 320q8-6 16-4', '#3f2416', 2),
  ellipse(118, 330, 13, 9, '#7a4b30'),
  stroke('M110 332q8-6 16-4', '#3f2416', 2),
]

const frenchPress: Shape[] = [
  shadow(196, 326, 84),
  rect(191, 46, 9, 70, paint.grey),
  circle(196, 48, 16, paint.walnut),
  stroke('M262 150C340 140 340 270 262 262', paint.walnut, 17),
  path('M130 126l-26-8l8 34z', paint.silver),
  rect(126, 118, 140, 206, paint.silver, 16),
  rect(140, 126, 26, 190, shade(paint.silver, 0.5), 12),
  rect(238, 126, 18, 190, shade(paint.silver, -0.1), 9),
  path('M120 122q76-46 152 0z', paint.grey),
  rect(116, 116, 160, 16, shade(paint.silver, -0.2), 8),
]

const teapot = (colour: string): Shape[] => [
  shadow(204, 320, 104),
  stroke('M284 190C370 170 360 280 282 276', colour, 18),
  path('M122 240C80 240 88 180 44 168l14-22c50 8 54 44 84 54z', shade(colour, -0.14)),
  path('M104 240c0-64 44-92 102-92s102 28 102 92c0 50-36 78-62 78h-80c-26 0-62-28-62-78z', colour),
  path('M112 276c12 26 36 42 54 42h80c18 0 42-16 54-42q-94 24-188 0z', '#c9a27c'),
  stroke('M132 226c4-28 18-44 40-52', shade(colour, 0.45), 10),
  ellipse(206, 152, 54, 12, shade(colour, -0.22)),
  path('M158 148q48-34 96 0z', colour),
  circle(206, 124, 13, paint.oak),
  steam(40, 132),
]

const scale: Shape[] = [
  shadow(200, 312, 142),
  rect(60, 136, 280, 176, shade(paint.black, -0.35), 26),
  rect(60, 128, 280, 172, paint.charcoal, 26),
  rect(72, 138, 256, 100, paint.black, 16),
  circle(200, 188, 38, paint.graphite),
  circle(200, 188, 26, paint.black),
  rect(92, 250, 96, 36, '#22272b', 8),
  stroke('M108 268h64', shade(paint.mint, -0.5), 9),
  stroke('M108 268h38', paint.mint, 9),
  circle(234, 268, 11, paint.graphite),
  circle(272, 268, 11, paint.graphite),
  circle(308, 268, 6, paint.coral),
]

const mug = (colour: string): Shape[] => [
  shadow(188, 322, 92),
  stroke('M264 186C346 172 344 280 258 274', colour, 22),
  path('M104 150h172v112c0 40-20 58-48 58h-76c-28 0-48-18-48-58z', colour),
  path('M104 150h172v60q-20 18-42 0t-44 4t-44-6t-42 4z', shade(colour, 0.35)),
  path('M110 290c8 20 24 30 42 30h76c18 0 34-10 42-30z', '#c9a27c'),
  ellipse(190, 150, 86, 20, shade(colour, 0.15)),
  ellipse(190, 152, 72, 14, '#6f432b'),
  steam(172, 128),
]

const enamelMug = (rim: string): Shape[] => [
  shadow(188, 320, 92),
  stroke('M272 166C352 156 348 274 270 264', rim, 13),
  path('M98 130h180l-8 174c-1 10-8 16-18 16H124c-10 0-17-6-18-16z', paint.white),
  path('M98 130h44l6 190h-24c-10 0-17-6-18-16z', shade(paint.white, -0.06)),
  ellipse(188, 130, 92, 19, rim),
  ellipse(188, 132, 80, 13, shade(paint.white, -0.12)),
  path('M148 262l34-58l20 32l12-16l26 42z', paint.forest),
  circle(222, 200, 9, paint.mustard),
  circle(248, 298, 4, rim),
]

const tumbler = (colour: string): Shape[] => [
  shadow(200, 330, 70),
  path('M134 112h132l-16 202c-1 10-8 16-18 16h-64c-10 0-17-6-18-16z', colour),
  path('M134 112h34l10 218h-10c-10 0-17-6-18-16z', shade(colour, 0.3)),
  path('M142 206h116l-4 50H146z', shade(colour, -0.22)),
  rect(124, 90, 152, 28, paint.charcoal, 12),
  rect(136, 70, 128, 26, paint.black, 12),
  rect(214, 62, 34, 12, paint.charcoal, 6),
]

const bottle = (colour: string): Shape[] => [
  tile('p', [0, 0, 7, 7], circle(3, 3, 0.9, shade(colour, -0.18))),
  shadow(200, 338, 62),
  rect(144, 46, 112, 78, paint.silver, 18),
  rect(144, 46, 30, 78, shade(paint.silver, 0.45), 15),
  rect(158, 118, 84, 20, paint.black),
  path('M158 136h84c20 8 28 24 28 44v138c0 12-8 20-20 20H150c-12 0-20-8-20-20V180c0-20 8-36 28-44z', colour),
  path('M158 136h84c20 8 28 24 28 44v138c0 12-8 20-20 20H150c-12 0-20-8-20-20V180c0-20 8-36 28-44z', 'url(#p)'),
  stroke('M150 188v116', shade(colour, 0.35), 9),
  path('M184 262l20-36l14 22l8-10l16 24z', shade(colour, 0.6)),
  stroke('M256 70C300 70 300 118 258 128', paint.oak, 7),
]

export const kitchenPictures: Record<string, Picture> = {
  'crane-gooseneck-kettle': { scene: 'floor', shapes: gooseneck(paint.black) },
  'brook-glass-kettle': { scene: 'disc', shapes: glassKettle },
  'robin-whistling-kettle': { scene: 'floor', shapes: stoveKettle(paint.coral) },
  'drip-pour-over-set': { scene: 'disc', shapes: pourOver },
  'mill-hand-grinder': { scene: 'floor', shapes: handGrinder },
  'plunge-french-press': { scene: 'slant', shapes: frenchPress },
  'hillside-teapot': { scene: 'floor', shapes: teapot(paint.sage) },
  'gram-kitchen-scale': { scene: 'disc', shapes: scale },
  'morrow-stoneware-mug': { scene: 'floor', shapes: mug(paint.sky) },
  'camp-enamel-mug': { scene: 'slant', shapes: enamelMug(paint.navy) },
  'transit-travel-tumbler': { scene: 'disc', shapes: tumbler(paint.rose) },
  'brae-vacuum-bottle': { scene: 'slant', shapes: bottle(paint.olive) },
}
