import type { Picture, Shape } from './drawing.ts'
import { circle, ellipse, group, paint, path, rect, ring, shade, shadow, stroke, tile } from './drawing.ts'

interface Board {
  columns: number
  rows: number
  /** Side of one key with its gap. */
  unit: number
  body: string
  key: string
  accent: string
  isRound?: boolean
}

/** A block of keys centred on the canvas, with a space bar and a few keys in the accent's colour. */
function board({ columns, rows, unit, body, key, accent, isRound = false }: Board): Shape[] {
  const width = columns * unit
  const height = rows * unit
  const x = 200 - width / 2
  const y = 200 - height / 2
  const cap = unit - 4
  const radius = isRound ? cap / 2 : 4
  const at = (column: number, row: number, span: number, fill: string) =>
    rect(x + column * unit + 2, y + row * unit + 2, span * unit - 4, cap, fill, radius)
  const last = rows - 1
  const space = Math.round(columns * 0.4)
  return [
    tile('k', [x, y, unit, unit], rect(2, 2, cap, cap, key, radius)),
    rect(x - 14, y - 8, width + 28, height + 28, shade(body, -0.3), 16),
    rect(x - 14, y - 14, width + 28, height + 28, body, 16),
    rect(x - 4, y - 4, width + 8, height + 8, shade(body, -0.1), 8),
    rect(x, y, width, height, 'url(#k)'),
    rect(x + 3 * unit, y + last * unit, space * unit, unit, shade(body, -0.1)),
    at(3, last, space, key),
    at(0, 0, 1, accent),
    rect(x + (columns - 2) * unit, y + unit * (rows - 3), 2 * unit, unit, shade(body, -0.1)),
    at(columns - 2, rows - 3, 2, accent),
  ]
}

const half = (body: string, key: string, accent: string): Shape =>
  rect(-72, -66, 144, 150, shade(body, -0.35), 26) +
  rect(-72, -74, 144, 150, body, 26) +
  rect(-60, -60, 120, 96, 'url(#s)') +
  rect(8, 42, 24, 24, accent, 6) +
  rect(36, 38, 26, 32, key, 6) +
  rect(-20, 42, 24, 24, key, 6)

const splitBoard = (): Shape[] => [
  tile('s', [-60, -60, 24, 24], rect(2, 2, 20, 20, paint.ivory, 5)),
  stroke('M166 132C176 84 224 84 234 132', paint.coral, 7),
  group('translate(110 206)rotate(12)', half(paint.navy, paint.ivory, paint.coral)),
  group('matrix(-1 0 0 1 290 206)rotate(12)', half(paint.navy, paint.ivory, paint.coral)),
]

const fullBoard = (): Shape[] => {
  const key = paint.grey
  return [
    tile('k', [36, 140, 19, 19], rect(1.5, 1.5, 16, 16, key, 3)),
    rect(26, 124, 348, 146, shade(paint.black, -0.3), 12),
    rect(26, 120, 348, 142, paint.charcoal, 12),
    rect(36, 140, 228, 95, 'url(#k)'),
    rect(283, 140, 76, 95, 'url(#k)'),
    rect(93, 216, 95, 19, paint.charcoal),
    rect(94.5, 217.5, 92, 16, key, 3),
    rect(36, 128, 50, 5, paint.graphite, 2.5),
    circle(350, 130, 3.5, paint.mint),
    rect(341.5, 198.5, 16, 35, paint.sky, 3),
    rect(37.5, 141.5, 16, 16, paint.sky, 3),
    rect(26, 268, 348, 40, shade(paint.walnut, -0.3), 18),
    rect(26, 264, 348, 38, paint.walnut, 18),
    stroke('M50 276H300', shade(paint.walnut, 0.18), 4),
  ]
}

const numberPad = (): Shape[] => [
  tile('k', [124, 116, 38, 38], rect(3, 3, 32, 32, paint.silver, 8)),
  rect(106, 92, 188, 238, shade(paint.silver, -0.25), 24),
  rect(106, 84, 188, 238, paint.white, 24),
  rect(124, 116, 152, 190, 'url(#k)'),
  rect(241, 233, 32, 70, paint.coral, 8),
  rect(127, 119, 32, 32, paint.sky, 8),
  rect(124, 268, 76, 38, paint.white),
  rect(127, 271, 70, 32, paint.silver, 8),
  rect(166, 97, 68, 7, paint.silver, 3.5),
]

const mouse = (body: string, accent: string, extra: readonly Shape[] = []): Shape[] => [
  path('M132 206c0-86 22-122 68-122s68 36 68 122c0 78-18 120-68 120s-68-42-68-120z', shade(body, -0.3)),
  path('M132 198c0-86 22-122 68-122s68 36 68 122c0 78-18 120-68 120s-68-42-68-120z', body),
  ...extra,
  stroke('M200 78v92M136 176c40 16 88 16 128 0', shade(body, -0.22), 4),
  rect(187, 108, 26, 50, shade(body, -0.35), 13),
  rect(192, 114, 16, 38, accent, 8),
]

const verticalMouse = (): Shape[] => [
  shadow(204, 322, 116),
  path('M86 320C82 256 128 222 146 166C162 112 196 86 232 92C292 102 312 210 312 320z', shade(paint.charcoal, -0.15)),
  path('M86 320C82 256 128 222 146 166C160 118 186 92 216 91C190 140 186 240 204 320z', paint.graphite),
  path('M252 97C296 120 311 220 312 320H276C280 240 276 160 252 97z', shade(paint.charcoal, 0.12)),
  stroke('M216 91C190 140 186 240 204 320', paint.grey, 4),
  stroke('M194 208C236 200 270 202 302 214', shade(paint.charcoal, -0.4), 4),
  rect(234, 112, 18, 50, paint.black, 9),
  rect(238, 120, 10, 34, paint.mint, 5),
  path('M104 296C112 262 140 240 184 236C182 262 184 282 188 300C158 312 128 310 104 296z', shade(paint.black, -0.1)),
  rect(146, 192, 38, 14, paint.silver, 7),
  rect(140, 212, 42, 14, paint.silver, 7),
  rect(76, 310, 246, 14, paint.black, 7),
]

const trackball = (): Shape[] => [
  shadow(200, 322, 110),
  path('M92 206c0-84 44-120 108-120s108 36 108 120c0 70-30 114-108 114s-108-44-108-114z', shade(paint.silver, -0.25)),
  path('M92 198c0-84 44-120 108-120s108 36 108 120c0 70-30 114-108 114s-108-44-108-114z', paint.ivory),
  stroke('M200 80v30M104 150c20 8 34 14 44 24M296 150c-20 8-34 14-44 24', shade(paint.ivory, -0.15), 5),
  circle(200, 184, 74, paint.charcoal),
  ring(200, 184, 68, paint.grey, 3),
  circle(200, 182, 58, paint.coral),
  circle(216, 202, 34, shade(paint.coral, -0.08)),
  ellipse(178, 158, 18, 12, shade(paint.coral, 0.5)),
]

const feltMat = (): Shape[] => [
  tile('f', [0, 0, 14, 14], circle(4, 5, 1.2, shade(paint.grey, -0.2)), circle(11, 11, 1.2, shade(paint.grey, 0.35))),
  group(
    'rotate(-9 200 200)',
    rect(36, 120, 300, 176, paint.oak, 12),
    rect(36, 114, 300, 176, paint.grey, 12),
    rect(36, 114, 300, 176, 'url(#f)', 12),
    rect(304, 108, 48, 188, shade(paint.grey, -0.18), 22),
    ellipse(328, 290, 24, 12, paint.oak),
    ellipse(328, 290, 15, 7, shade(paint.grey, -0.3)),
    rect(36, 150, 26, 44, paint.walnut, 4),
    stroke('M44 158v28', paint.oak, 3),
  ),
]

const wristRest = (): Shape[] => [
  group(
    'rotate(-14 200 200)',
    rect(34, 182, 332, 74, shade(paint.walnut, -0.35), 14),
    rect(34, 164, 332, 78, paint.walnut, 14),
    path('M48 164h304a14 14 0 0 1 14 14v10H34v-10a14 14 0 0 1 14-14z', shade(paint.walnut, 0.2)),
    stroke(
      'M60 206C120 194 160 222 230 208S320 206 344 212M84 226C140 216 190 236 250 226M250 200q40-8 88-2',
      shade(paint.walnut, -0.18),
      3,
    ),
    ellipse(130, 210, 15, 6, shade(paint.walnut, -0.25)),
  ),
]

const tern = { columns: 15, rows: 6, unit: 21 }
const coiledCable =
  stroke('M140 124V104M140 40C140 16 170 20 170-8', paint.terracotta, 7) +
  stroke(
    'M124 102q16 10 32-6M124 90q16 10 32-6M124 78q16 10 32-6M124 66q16 10 32-6M124 54q16 10 32-6',
    paint.terracotta,
    8,
  ) +
  rect(131, 104, 18, 24, paint.silver, 4)

export const keyboardPictures: Record<string, Picture> = {
  'tern-75-wireless-keyboard': {
    scene: 'slant',
    shapes: [
      group('rotate(-10 200 200)', ...board({ ...tern, body: paint.ivory, key: paint.white, accent: paint.apricot })),
    ],
  },
  'plover-slim-wireless-keyboard': {
    scene: 'disc',
    shapes: [
      ...board({
        columns: 14,
        rows: 5,
        unit: 22,
        body: paint.silver,
        key: paint.white,
        accent: paint.blue,
        isRound: true,
      }),
    ],
  },
  'wren-60-wireless-keyboard': {
    scene: 'disc',
    shapes: [
      group(
        'rotate(8 200 200)',
        ...board({ columns: 11, rows: 4, unit: 27, body: paint.mint, key: paint.ivory, accent: paint.coral }),
      ),
    ],
  },
  'heron-full-wireless-keyboard': { scene: 'floor', shapes: fullBoard() },
  'tern-75-wired-keyboard': {
    scene: 'slant',
    shapes: [coiledCable, ...board({ ...tern, body: paint.sage, key: paint.ivory, accent: paint.terracotta })],
  },
  'quill-split-keyboard': { scene: 'disc', shapes: splitBoard() },
  'dunlin-number-pad': { scene: 'slant', shapes: numberPad() },
  'finch-wireless-mouse': { scene: 'disc', shapes: mouse(paint.blue, paint.ivory) },
  'merlin-wired-mouse': {
    scene: 'slant',
    shapes: [
      tile('h', [0, 0, 20, 22], circle(5, 6, 4.6, paint.graphite), circle(15, 17, 4.6, paint.graphite)),
      stroke('M200 84C200 30 250 40 262 0', paint.graphite, 7),
      ...mouse(paint.black, '#b9d65a', [path('M144 208h112c0 66-18 98-56 98s-56-32-56-98z', 'url(#h)')]),
    ],
  },
  'nod-vertical-mouse': { scene: 'floor', shapes: verticalMouse() },
  'marble-trackball': { scene: 'disc', shapes: trackball() },
  'meadow-felt-desk-mat': { scene: 'slant', shapes: feltMat() },
  'log-walnut-wrist-rest': { scene: 'disc', shapes: wristRest() },
}
