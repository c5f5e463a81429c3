import type { Picture, Shape } from './drawing.ts'
import { circle, ellipse, group, paint, path, rect, ring, shade, shadow, stroke, translucent } from './drawing.ts'

/** Three rings of light around a lamp. */
const halo = (cx: number, cy: number, r: number): Shape =>
  translucent(circle(cx, cy, r, paint.glow), 0.12) +
  translucent(circle(cx, cy, r * 0.78, paint.glow), 0.14) +
  translucent(circle(cx, cy, r * 0.56, paint.glow), 0.2)

const beam = (d: string): Shape => translucent(path(d, paint.glow), 0.32)

const stemLamp = (colour: string): Shape[] => [
  beam('M206 152L304 118L372 316H128z'),
  shadow(150, 320, 84),
  ellipse(150, 314, 72, 13, shade(colour, -0.3)),
  ellipse(150, 308, 72, 13, colour),
  stroke('M150 306V132Q150 88 196 88H226', shade(colour, -0.15), 11),
  group(
    'rotate(-20 250 100)',
    path('M226 72h48l34 76H192z', colour),
    path('M226 72h20l-22 76H192z', shade(colour, 0.25)),
    ellipse(250, 148, 58, 9, paint.glow),
  ),
]

const lightBar: Shape[] = [
  beam('M86 112H314L372 330H28z'),
  rect(188, 270, 24, 44, paint.grey),
  rect(140, 308, 120, 14, paint.silver, 7),
  rect(54, 104, 292, 172, paint.black, 14),
  rect(64, 114, 272, 150, '#3d5a78', 6),
  path('M64 230l70-54l56 40l52-60l94 72v30a6 6 0 0 1-6 6H70a6 6 0 0 1-6-6z', '#4d7c8f'),
  circle(116, 152, 16, paint.apricot),
  rect(80, 82, 240, 26, paint.silver, 13),
  rect(92, 102, 216, 8, paint.glow, 4),
  rect(182, 74, 36, 44, paint.graphite, 10),
  ellipse(316, 326, 24, 8, paint.black),
  rect(292, 308, 48, 18, paint.graphite, 8),
  ellipse(316, 309, 24, 7, paint.silver),
]

const clampLamp = (colour: string): Shape[] => [
  beam('M252 168L330 128L400 300H226z'),
  rect(0, 306, 400, 16, paint.oak),
  path('M64 292h52v20H80v34h36v14H64z', shade(colour, -0.35)),
  stroke('M92 294L136 172', colour, 11),
  stroke('M108 290L150 176', shade(colour, -0.25), 5),
  stroke('M140 170L258 92', colour, 11),
  stroke('M142 188L250 112', shade(colour, -0.25), 5),
  circle(142, 172, 15, paint.silver),
  circle(258, 92, 11, paint.silver),
  group(
    'rotate(-28 270 110)',
    rect(252, 72, 36, 34, shade(colour, -0.2), 10),
    path('M236 154c0-36 14-54 34-54s34 18 34 54z', colour),
    ellipse(270, 154, 34, 7, paint.glow),
  ),
]

const globeLamp: Shape[] = [
  halo(200, 186, 186),
  shadow(200, 322, 74),
  stroke('M268 312C330 312 340 340 400 336', paint.brass, 5),
  circle(200, 186, 108, '#fff3d6'),
  circle(190, 176, 84, '#fff9ea'),
  path('M132 276h136l10 40H122z', paint.brass),
  rect(132, 270, 136, 12, shade(paint.brass, 0.3), 6),
]

const mushroomLamp = (colour: string): Shape[] => [
  beam('M92 190H308L350 318H50z'),
  shadow(200, 322, 88),
  path('M172 186h56l12 112H160z', shade(colour, 0.2)),
  path('M172 186h20l-6 112H160z', shade(colour, 0.4)),
  ellipse(200, 310, 76, 12, shade(colour, -0.25)),
  ellipse(200, 303, 76, 12, colour),
  path('M76 190C76 112 130 76 200 76S324 112 324 190z', colour),
  ellipse(200, 190, 124, 15, paint.glow),
  stroke('M106 158C116 124 142 106 172 100', shade(colour, 0.35), 9),
]

const floorLamp: Shape[] = [
  beam('M222 150H342L392 344H172z'),
  shadow(96, 346, 70, 7),
  rect(48, 316, 96, 30, paint.white, 6),
  stroke('M60 338l24-16M100 342l30-22', paint.silver, 3),
  stroke('M96 316V190C96 60 282 30 282 92', paint.brass, 9),
  rect(274, 82, 16, 22, paint.brass, 4),
  path('M240 100h84l24 62H216z', paint.oat),
  path('M240 100h26l-18 62h-32z', shade(paint.oat, 0.35)),
  ellipse(282, 162, 66, 8, paint.glow),
]

const paperPendant: Shape[] = [
  halo(200, 220, 188),
  stroke('M200 0V104', paint.black, 4),
  rect(186, 92, 28, 20, paint.walnut, 5),
  ellipse(200, 214, 120, 110, '#fff1d0'),
  ellipse(200, 220, 84, 84, '#fff8e6'),
  ...[-78, -52, -26, 0, 26, 52, 78].map((dy) => {
    const half = Math.round(120 * Math.sqrt(1 - (dy / 110) ** 2))
    return stroke(`M${200 - half} ${214 + dy}q${half} 16 ${half * 2} 0`, '#e6cf9f', 2.5)
  }),
  ellipse(200, 318, 30, 6, paint.walnut),
]

const lantern = (colour: string): Shape[] => [
  halo(200, 206, 150),
  shadow(200, 326, 76),
  stroke('M142 132C142 24 258 24 258 132', paint.brass, 8),
  path('M150 112h100l14 34H136z', colour),
  rect(174, 94, 52, 22, shade(colour, -0.25), 8),
  rect(146, 146, 108, 112, '#fff0c4', 10),
  rect(182, 168, 36, 74, '#ffd67a', 18),
  stroke('M146 150v104M254 150v104M182 148v6M218 148v6', shade(colour, -0.25), 6),
  rect(132, 254, 136, 66, colour, 16),
  rect(132, 266, 136, 9, shade(colour, 0.25)),
  circle(200, 298, 8, paint.brass),
]

const nightLight: Shape[] = [
  rect(112, 84, 176, 236, shade(paint.white, -0.08), 22),
  rect(112, 78, 176, 236, paint.white, 22),
  halo(200, 172, 150),
  circle(200, 172, 62, '#ffc872'),
  circle(200, 172, 46, '#ffe0a6'),
  circle(200, 172, 11, paint.white),
  ring(200, 172, 11, paint.brass, 3),
  circle(200, 276, 26, shade(paint.silver, 0.3)),
  stroke('M191 276h.1M209 276h.1', paint.black, 8),
]

/** Bulbs drawn as three dotted strokes (light, glass, filament), since three shapes per bulb would make the file large. */
const bulbs = (dots: string): Shape[] => [
  group('translate(0 -24)', stroke(dots, paint.black, 15)),
  translucent(stroke(dots, paint.glow, 78), 0.22),
  stroke(dots, '#fff0c0', 36),
  stroke(dots, '#ffd27a', 18),
]

const stringLights: Shape[] = [
  stroke('M-10 62Q110 178 210 96T410 110', paint.oat, 5),
  stroke('M-10 206Q80 310 196 226T410 236', paint.oat, 5),
  ...bulbs('M40 130h.1M104 158h.1M172 146h.1M244 106h.1M316 110h.1M372 130h.1'),
  ...bulbs('M30 266h.1M96 294h.1M166 274h.1M236 232h.1M306 236h.1M368 256h.1'),
]

const bulb: Shape[] = [
  halo(200, 160, 176),
  translucent(
    path('M200 62c-62 0-98 46-98 98c0 58 52 74 56 116h84c4-42 56-58 56-116c0-52-36-98-98-98z', '#fff3d2'),
    0.62,
  ),
  stroke('M200 62c-62 0-98 46-98 98c0 58 52 74 56 116h84c4-42 56-58 56-116c0-52-36-98-98-98z', '#ffeec4', 5),
  stroke('M182 276V214L164 140L182 128L194 196L206 196L218 128L236 140L218 214V276', '#f2a33c', 5),
  stroke('M130 150c4-26 18-44 40-54', paint.white, 8),
  rect(158, 272, 84, 18, paint.silver, 6),
  rect(164, 292, 72, 14, paint.grey, 6),
  rect(164, 308, 72, 14, paint.silver, 6),
  rect(172, 324, 56, 14, paint.grey, 6),
  path('M182 340h36l-10 14h-16z', paint.black),
]

export const lightingPictures: Record<string, Picture> = {
  'stem-desk-lamp': { scene: 'floor', shapes: stemLamp(paint.sage) },
  'brow-monitor-light': { scene: 'floor', shapes: lightBar },
  'pivot-clamp-lamp': { scene: 'disc', shapes: clampLamp(paint.coral) },
  'moon-globe-lamp': { scene: 'floor', shapes: globeLamp },
  'mushroom-bedside-lamp': { scene: 'floor', shapes: mushroomLamp(paint.terracotta) },
  'willow-floor-lamp': { scene: 'floor', shapes: floorLamp },
  'cocoon-paper-pendant': { scene: 'slant', shapes: paperPendant },
  'wick-rechargeable-lantern': { scene: 'floor', shapes: lantern(paint.forest) },
  'pebble-night-light': { scene: 'slant', shapes: nightLight },
  'firefly-string-lights': { scene: 'slant', shapes: stringLights },
  'filament-dimmable-bulb': { scene: 'disc', shapes: bulb },
}
