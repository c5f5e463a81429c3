import type { Picture, Shape } from './drawing.ts'
import { circle, ellipse, group, mirrored, paint, path, rect, ring, shade, shadow, stroke, tile } from './drawing.ts'

interface HeadphoneColours {
  shell: string
  cushion: string
  accent?: string
}

/** Seen from the front: a wide band and deep cups. */
const overEar = ({ shell, cushion, accent = shade(shell, -0.2) }: HeadphoneColours): Shape[] => [
  shadow(200, 318, 116),
  stroke('M101 216C92 62 308 62 299 216', shade(shell, -0.12), 22),
  stroke('M136 121C164 90 236 90 264 121', cushion, 24),
  mirrored(
    rect(93, 176, 16, 60, accent, 8),
    rect(120, 198, 38, 106, shade(cushion, -0.14), 19),
    rect(112, 198, 38, 106, cushion, 19),
    rect(74, 190, 60, 122, shell, 29),
    rect(84, 206, 9, 90, shade(shell, 0.22), 4.5),
    rect(121, 206, 6, 90, accent, 3),
  ),
]

/** Seen from the front: a thin band and small round pads. */
const onEar = ({ shell, cushion, accent = shade(shell, -0.25) }: HeadphoneColours): Shape[] => [
  shadow(200, 318, 104),
  stroke('M110 236C104 92 296 92 290 236', accent, 12),
  stroke('M150 136C176 118 224 118 250 136', shell, 18),
  mirrored(
    rect(103, 206, 14, 50, shade(shell, -0.3), 7),
    rect(122, 216, 30, 84, cushion, 15),
    circle(112, 258, 46, shell),
    circle(112, 258, 30, shade(shell, 0.18)),
    circle(112, 258, 8, accent),
  ),
]

/** Seen from the side: one open grille, the other cup behind. */
const openBack: Shape[] = [
  tile('m', [0, 0, 9, 9], circle(4.5, 4.5, 2.6, shade(paint.black, -0.35))),
  shadow(196, 330, 110),
  stroke('M262 230C330 80 190 40 150 120', paint.charcoal, 16),
  circle(268, 226, 66, paint.black),
  circle(258, 226, 62, shade(paint.walnut, -0.25)),
  stroke('M150 118C128 142 118 160 116 178', paint.grey, 9),
  circle(150, 232, 92, paint.black),
  circle(146, 230, 88, paint.walnut),
  ring(146, 230, 80, shade(paint.walnut, 0.2), 3),
  circle(146, 230, 62, paint.grey),
  circle(146, 230, 62, 'url(#m)'),
  circle(146, 230, 15, paint.walnut),
  circle(146, 230, 6, paint.brass),
]

const coil = (cx: number, cy: number): Shape =>
  `<ellipse cx="${cx}" cy="${cy}" rx="6" ry="13" fill="none" stroke="${paint.graphite}" stroke-width="5"/>`

const bearEars = (colour: string): Shape =>
  mirrored(circle(146, 124, 25, shade(colour, -0.12)), circle(146, 124, 13, paint.ivory))

const bud = (shell: string, tip: string): Shape =>
  circle(0, 0, 26, shell) +
  rect(-9, 4, 20, 66, shell, 10) +
  ellipse(-22, 8, 13, 17, tip) +
  circle(6, -2, 5, shade(shell, -0.25))

const trueWireless = (colour: string): Shape[] => [
  shadow(200, 322, 106),
  rect(104, 96, 192, 130, shade(colour, -0.22), 60),
  rect(118, 110, 164, 110, shade(colour, 0.25), 48),
  group('translate(162 176)', bud(paint.white, paint.grey)),
  group('matrix(-1 0 0 1 238 176)', bud(paint.white, paint.grey)),
  path('M90 214h220v26a80 80 0 0 1-80 80h-60a80 80 0 0 1-80-80z', colour),
  rect(90, 206, 220, 16, shade(colour, -0.14), 8),
  circle(200, 268, 5, paint.white),
  stroke('M116 250q10 34 40 44', shade(colour, 0.3), 7),
]

const hookBud = (colour: string): Shape =>
  stroke('M4 4C-26-30-22-104 34-104C82-104 88-40 60 34', shade(colour, -0.25), 15) +
  rect(-30, -26, 66, 84, colour, 30) +
  ellipse(-32, 18, 18, 22, shade(colour, -0.4)) +
  rect(-2, 0, 12, 34, shade(colour, 0.3), 6)

const wiredBuds = (): Shape[] => {
  const cable = paint.charcoal
  const one =
    rect(-15, -20, 40, 34, paint.silver, 12) +
    ellipse(-20, -3, 13, 17, paint.charcoal) +
    rect(6, 8, 11, 30, paint.grey, 5)
  return [
    stroke('M128 146C128 250 190 214 200 262C208 214 272 250 272 146', cable, 5),
    stroke('M200 258C206 312 120 330 120 284C120 240 232 246 270 292', cable, 5),
    rect(193, 250, 14, 26, paint.silver, 6),
    rect(266, 178, 12, 38, paint.silver, 6),
    group('translate(116 114)', one),
    group('matrix(-1 0 0 1 284 114)', one),
    group('translate(284 302)rotate(38)', rect(-16, -8, 34, 16, paint.silver, 5), rect(18, -5, 16, 10, paint.grey, 3)),
  ]
}

const roundSpeaker = (colour: string): Shape[] => [
  tile('f', [0, 0, 10, 10], circle(2.5, 2.5, 1.7, shade(colour, -0.25)), circle(7.5, 7.5, 1.7, shade(colour, -0.25))),
  shadow(200, 316, 104),
  path('M92 222a108 94 0 0 1 216 0c0 60-34 92-108 92s-108-32-108-92z', colour),
  path('M92 222a108 94 0 0 1 216 0c0 60-34 92-108 92s-108-32-108-92z', 'url(#f)'),
  ellipse(200, 164, 66, 26, shade(colour, -0.35)),
  ellipse(200, 161, 58, 21, shade(colour, -0.15)),
  stroke('M176 161h14M183 154v14M211 161h14', paint.ivory, 4),
  stroke('M302 246c36 4 36 50 6 56', paint.oak, 8),
]

const shelfSpeaker = (x: number): Shape =>
  rect(x, 116, 108, 196, shade(paint.oak, -0.14), 8) +
  rect(x, 116, 100, 196, paint.oak, 8) +
  rect(x + 10, 126, 80, 176, paint.black, 6) +
  circle(x + 50, 162, 18, paint.charcoal) +
  circle(x + 50, 162, 8, paint.silver) +
  circle(x + 50, 236, 36, paint.charcoal) +
  circle(x + 50, 236, 27, shade(paint.black, -0.3)) +
  circle(x + 50, 236, 10, paint.grey)

const cylinderSpeaker = (colour: string): Shape[] => [
  tile('w', [0, 0, 8, 12], path('M0 0l8 6v3l-8-6z', shade(colour, -0.2))),
  shadow(200, 322, 92),
  stroke('M262 112C322 96 322 178 268 172', paint.coral, 11),
  rect(132, 84, 136, 238, shade(colour, -0.3), 34),
  rect(132, 112, 136, 182, colour),
  rect(132, 112, 136, 182, 'url(#w)'),
  ellipse(200, 112, 68, 17, shade(colour, -0.45)),
  ellipse(200, 112, 50, 11, paint.grey),
  rect(168, 186, 64, 28, paint.coral, 14),
  stroke('M186 200h10M206 200h10M211 195v10', paint.white, 4),
]

const clockRadio = (colour: string): Shape[] => [
  tile('d', [0, 0, 11, 11], circle(5, 5, 2.4, shade(colour, -0.35))),
  shadow(200, 316, 128),
  stroke('M288 150L322 72', paint.grey, 5),
  circle(322, 72, 6, paint.brass),
  rect(96, 304, 24, 14, paint.walnut, 4),
  rect(280, 304, 24, 14, paint.walnut, 4),
  rect(68, 150, 264, 158, paint.walnut, 34),
  rect(76, 158, 248, 142, colour, 28),
  rect(140, 140, 120, 16, paint.coral, 8),
  circle(138, 229, 54, shade(colour, -0.12)),
  circle(138, 229, 48, 'url(#d)'),
  rect(208, 178, 100, 56, paint.black, 12),
  circle(258, 206, 22, '#4a4438'),
  ring(258, 206, 22, paint.glow, 4),
  stroke('M258 194v12l9 6', paint.glow, 4.5),
  stroke('M222 194h.1M222 206h.1M222 218h.1M294 194h.1M294 206h.1M294 218h.1', paint.brass, 6),
  circle(232, 266, 17, paint.brass),
  stroke('M232 266l8-9', paint.walnut, 4),
  circle(284, 266, 17, paint.brass),
  stroke('M284 266l-10-5', paint.walnut, 4),
]

export const audioPictures: Record<string, Picture> = {
  'aura-wireless-headphones': { scene: 'disc', shapes: overEar({ shell: paint.sand, cushion: paint.walnut }) },
  'aura-pro-wireless-headphones': {
    scene: 'floor',
    shapes: overEar({ shell: paint.charcoal, cushion: paint.black, accent: paint.copper }),
  },
  'drift-wireless-headphones': { scene: 'disc', shapes: onEar({ shell: paint.mint, cushion: paint.charcoal }) },
  'halo-open-wireless-headphones': { scene: 'slant', shapes: openBack },
  'studio-40-wired-headphones': {
    scene: 'floor',
    shapes: [
      ...overEar({ shell: paint.black, cushion: paint.graphite, accent: paint.coral }),
      stroke('M104 310C104 346 118 350 142 350M240 350H296', paint.black, 6),
      ...[146, 158, 170, 182, 194, 206, 218, 230].map((x) => coil(x, 350)),
      rect(296, 341, 34, 18, paint.black, 5),
      rect(330, 345, 24, 10, paint.brass, 3),
    ],
  },
  'cub-kids-headphones': {
    scene: 'disc',
    shapes: [bearEars(paint.mustard), ...onEar({ shell: paint.mustard, cushion: paint.ivory, accent: paint.walnut })],
  },
  'pip-wireless-earbuds': { scene: 'floor', shapes: trueWireless(paint.coral) },
  'stride-sport-earbuds': {
    scene: 'slant',
    shapes: [
      group('translate(118 216)rotate(-8)', hookBud(paint.navy)),
      group('matrix(-1 0 0 1 290 262)rotate(-8)', hookBud(paint.navy)),
    ],
  },
  'reed-wired-earphones': { scene: 'disc', shapes: wiredBuds() },
  'cobble-bluetooth-speaker': { scene: 'floor', shapes: roundSpeaker(paint.terracotta) },
  'mantel-shelf-speakers': { scene: 'floor', shapes: [shadow(200, 314, 144), shelfSpeaker(76), shelfSpeaker(216)] },
  'tarn-waterproof-speaker': { scene: 'slant', shapes: cylinderSpeaker(paint.sky) },
  'lark-clock-radio': { scene: 'floor', shapes: clockRadio(paint.ivory) },
}
