import type { Picture, Shape } from './drawing.ts'
import { circle, ellipse, group, mirrored, paint, path, rect, ring, shade, shadow, stroke, tile } from './drawing.ts'

const lens = (cx: number, cy: number, r: number): Shape =>
  circle(cx, cy, r, paint.black) +
  ring(cx, cy, r * 0.82, paint.graphite, 4) +
  circle(cx, cy, r * 0.58, paint.navy) +
  circle(cx, cy, r * 0.3, shade(paint.navy, -0.5)) +
  circle(cx - r * 0.22, cy - r * 0.24, r * 0.14, paint.white)

const monitorTop: Shape = rect(20, 262, 360, 150, paint.charcoal, 14) + rect(34, 276, 332, 130, paint.sky)

const roundWebcam: Shape[] = [
  monitorTop,
  rect(164, 230, 72, 50, paint.graphite, 10),
  circle(200, 166, 86, shade(paint.ivory, -0.2)),
  circle(200, 160, 86, paint.ivory),
  lens(200, 160, 56),
  circle(258, 160, 5, paint.mint),
]

const wideWebcam: Shape[] = [
  tile('g', [0, 0, 8, 8], circle(4, 4, 2, paint.black)),
  monitorTop,
  rect(152, 236, 96, 44, paint.black, 10),
  rect(70, 118, 260, 124, shade(paint.graphite, -0.3), 40),
  rect(70, 110, 260, 124, paint.graphite, 40),
  rect(92, 150, 36, 44, 'url(#g)', 8),
  rect(272, 150, 36, 44, 'url(#g)', 8),
  lens(200, 172, 54),
  ring(200, 172, 55, paint.copper, 4),
]

const microphone = (body: string): Shape[] => [
  tile('g', [0, 0, 9, 9], rect(1, 1, 6, 6, shade(body, 0.25), 2)),
  shadow(200, 322, 82),
  rect(192, 236, 16, 76, paint.grey),
  ellipse(200, 314, 74, 15, shade(body, -0.3)),
  ellipse(200, 308, 74, 15, body),
  stroke('M122 150v26a78 78 0 0 0 156 0v-26', paint.silver, 10),
  rect(146, 58, 108, 186, body, 54),
  path('M146 148v-36a54 54 0 0 1 108 0v36z', 'url(#g)'),
  rect(146, 148, 108, 12, paint.brass),
  circle(200, 198, 16, shade(body, 0.2)),
  ring(200, 198, 16, paint.mint, 4),
]

const laptopStand: Shape[] = [
  shadow(196, 320, 122),
  stroke('M98 312H288L224 216', shade(paint.silver, -0.2), 16),
  stroke('M98 312L240 238', paint.silver, 16),
  group('rotate(-27 200 230)', rect(98, 224, 216, 15, paint.charcoal, 7), rect(102, 219, 208, 8, paint.grey, 4)),
  group('rotate(16 288 180)', rect(272, 36, 13, 150, paint.charcoal, 6), rect(266, 42, 7, 138, paint.sky, 3)),
  circle(288, 180, 8, paint.graphite),
]

const hub: Shape[] = [
  stroke('M124 158C60 120 60 70 116 60', paint.graphite, 12),
  group('translate(116 60)rotate(-8)', rect(0, -15, 44, 30, paint.grey, 7), rect(44, -9, 20, 18, paint.silver, 4)),
  group(
    'rotate(24 210 220)',
    rect(76, 176, 274, 92, shade(paint.graphite, -0.35), 18),
    rect(76, 164, 274, 88, paint.graphite, 18),
    rect(76, 230, 274, 34, shade(paint.graphite, -0.18), 14),
    rect(98, 238, 44, 17, paint.black, 3),
    rect(154, 238, 36, 17, paint.sky, 3),
    rect(202, 238, 36, 17, paint.sky, 3),
    rect(250, 240, 26, 13, paint.black, 6.5),
    rect(288, 236, 40, 20, paint.black, 3),
    circle(322, 186, 5, paint.mint),
    rect(100, 184, 60, 6, shade(paint.graphite, 0.25), 3),
  ),
]

const headphoneStand: Shape[] = [
  shadow(200, 322, 96),
  ellipse(200, 314, 92, 18, shade(paint.oak, -0.3)),
  ellipse(200, 306, 92, 18, paint.oak),
  ellipse(200, 305, 66, 10, shade(paint.oak, -0.14)),
  rect(191, 92, 18, 212, shade(paint.oak, -0.12), 6),
  stroke('M140 150C140 74 260 74 260 150', shade(paint.oak, -0.22), 22),
  stroke('M140 145C140 69 260 69 260 145', paint.oak, 20),
  stroke('M124 186C110 34 290 34 276 186', shade(paint.coral, -0.12), 15),
  stroke('M160 80C182 66 218 66 240 80', paint.ivory, 18),
  mirrored(rect(122, 164, 24, 76, paint.ivory, 12), rect(98, 160, 38, 84, paint.coral, 18)),
]

const notebook = (cover: string, band: string): Shape[] => [
  group(
    'rotate(-8 200 200)',
    rect(112, 76, 190, 262, shade(cover, -0.35), 12),
    rect(112, 72, 184, 258, paint.ivory, 8),
    rect(104, 66, 188, 260, cover, 12),
    rect(104, 66, 22, 260, shade(cover, -0.18), 10),
    rect(154, 110, 92, 56, paint.ivory, 6),
    stroke('M170 130h60M170 146h38', cover, 4),
    rect(262, 66, 11, 260, band),
    path('M206 326h16v40l-8-9l-8 9z', band),
  ),
]

const smallBook = (cover: string): Shape =>
  rect(-58, -94, 122, 194, shade(cover, -0.3), 8) +
  rect(-62, -98, 122, 194, cover, 8) +
  stroke('M-52-60v24M-52 36v24', paint.silver, 4) +
  rect(-30, -64, 60, 26, shade(cover, 0.55), 4)

const notebookTrio: Shape[] = [
  group('translate(132 214)rotate(-18)', smallBook(paint.navy)),
  group('translate(206 196)rotate(-2)', smallBook(paint.mustard)),
  group('translate(278 216)rotate(15)', smallBook(paint.coral)),
]

const planner: Shape[] = [
  tile('w', [0, 84, 20, 30], circle(10, 22, 5, paint.white), stroke('M10 22V4', paint.graphite, 5)),
  group(
    'rotate(6 200 200)',
    rect(66, 112, 280, 206, shade(paint.apricot, -0.3), 12),
    rect(60, 106, 280, 206, paint.apricot, 12),
    rect(84, 142, 232, 148, paint.white, 6),
    rect(84, 142, 232, 24, paint.coral, 6),
    stroke('M117 176v104M150 176v104M183 176v104M216 176v104M249 176v104M282 176v104', paint.silver, 3),
    stroke('M94 190h14M127 206h14M160 190h14M193 222h14M226 198h14', paint.blue, 6),
    rect(290, 252, 20, 28, paint.mint, 4),
    rect(70, 84, 260, 32, 'url(#w)'),
  ),
]

const fountainPen: Shape[] = [
  stroke('M70 318C110 290 130 340 168 310S220 300 236 312', paint.navy, 5),
  group(
    'rotate(-38 200 200)',
    rect(150, 178, 196, 40, paint.copper, 18),
    rect(150, 184, 180, 8, shade(paint.copper, 0.4), 4),
    rect(142, 180, 22, 36, paint.brass, 5),
    path('M144 184L104 190v16L144 212z', paint.black),
    path('M106 188L52 198L106 208z', paint.silver),
    stroke('M58 198h36', paint.graphite, 2),
    circle(96, 198, 3, paint.graphite),
    group(
      'translate(24 92)',
      rect(150, 176, 146, 46, shade(paint.copper, -0.18), 20),
      rect(150, 176, 16, 46, paint.brass, 5),
      rect(196, 162, 94, 10, paint.brass, 5),
    ),
  ),
]

const gelPen = (x: number, y: number, colour: string): Shape =>
  group(
    `translate(${x} ${y})`,
    rect(-14, 0, 28, 132, shade(colour, 0.62), 8),
    rect(-14, 40, 28, 92, colour),
    rect(-16, -96, 32, 104, colour, 10),
    rect(8, -88, 9, 72, shade(colour, -0.25), 4.5),
    path('M-14 130h28l-8 28h-12z', paint.grey),
    path('M-5 158h10l-5 16z', shade(colour, -0.3)),
  )

const gelPens: Shape[] = [
  gelPen(88, 176, '#7a5c47'),
  gelPen(144, 160, '#b99a4f'),
  gelPen(200, 176, '#7f95a6'),
  gelPen(256, 160, '#8a5a78'),
  gelPen(312, 176, '#3b4668'),
]

export const deskPictures: Record<string, Picture> = {
  'vantage-webcam': { scene: 'disc', shapes: roundWebcam },
  'vantage-pro-4k-webcam': { scene: 'slant', shapes: wideWebcam },
  'bramble-usb-microphone': { scene: 'floor', shapes: microphone(paint.black) },
  'ledge-laptop-stand': { scene: 'floor', shapes: laptopStand },
  'harbour-7-usb-c-hub': { scene: 'disc', shapes: hub },
  'perch-headphone-stand': { scene: 'floor', shapes: headphoneStand },
  'foliander-a5-notebook': { scene: 'slant', shapes: notebook(paint.forest, paint.coral) },
  'pocket-notebook-trio': { scene: 'disc', shapes: notebookTrio },
  'tally-weekly-planner': { scene: 'slant', shapes: planner },
  'ember-fountain-pen': { scene: 'disc', shapes: fountainPen },
  'marsh-gel-pens': { scene: 'slant', shapes: gelPens },
}
