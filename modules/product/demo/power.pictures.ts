import type { Picture, Shape } from './drawing.ts'
import { circle, ellipse, group, paint, path, rect, ring, shade, shadow, stroke, tile } from './drawing.ts'

const port = (x: number, y: number): Shape =>
  rect(x, y, 40, 15, paint.black, 7.5) + rect(x + 8, y + 5, 24, 5, paint.grey, 2.5)

const wallCharger: Shape[] = [
  shadow(196, 318, 92),
  rect(290, 186, 52, 14, paint.silver, 4),
  rect(290, 240, 52, 14, paint.silver, 4),
  rect(262, 156, 34, 130, shade(paint.white, -0.14), 12),
  rect(104, 130, 176, 186, shade(paint.white, -0.1), 44),
  rect(98, 130, 172, 182, paint.white, 44),
  rect(126, 206, 44, 18, paint.black, 9),
  rect(135, 212, 26, 6, paint.grey, 3),
  circle(148, 250, 5, paint.mint),
]

const tripleCharger: Shape[] = [
  shadow(200, 320, 104),
  rect(156, 64, 16, 58, paint.silver, 4),
  rect(228, 64, 16, 58, paint.silver, 4),
  rect(106, 104, 188, 216, shade(paint.forest, -0.3), 36),
  rect(106, 100, 188, 212, paint.forest, 36),
  rect(124, 150, 152, 140, shade(paint.forest, -0.15), 20),
  port(180, 172),
  port(180, 208),
  rect(176, 244, 48, 24, paint.black, 4),
  rect(182, 258, 36, 7, paint.apricot, 2),
  circle(146, 180, 4, paint.mint),
  circle(146, 216, 4, paint.mint),
]

const deskCharger: Shape[] = [
  stroke('M310 226C390 226 350 120 400 104', paint.charcoal, 11),
  shadow(194, 300, 146),
  path('M88 176h226l22 60H60z', shade(paint.silver, 0.25)),
  rect(60, 232, 276, 70, paint.silver, 16),
  rect(60, 226, 276, 60, shade(paint.silver, 0.45), 14),
  port(82, 250),
  port(138, 250),
  port(194, 250),
  rect(252, 244, 50, 26, paint.black, 4),
  rect(258, 258, 38, 8, paint.coral, 2),
  stroke('M98 204h.1M114 204h.1M130 204h.1', paint.mint, 9),
  stroke('M146 204h.1', shade(paint.silver, -0.1), 9),
]

const puck: Shape[] = [
  tile('f', [0, 0, 12, 12], path('M0 0h6v6H0zM6 6h6v6H6z', shade(paint.oat, -0.08))),
  stroke('M244 272C270 350 340 310 380 400', paint.navy, 10),
  ellipse(190, 206, 118, 118, shade(paint.oat, -0.3)),
  circle(190, 194, 118, paint.oat),
  circle(190, 194, 118, 'url(#f)'),
  ring(190, 194, 112, paint.navy, 5),
  path('M198 150l-34 52h24l-10 40l38-54h-26z', paint.navy),
]

const trioStand: Shape[] = [
  shadow(200, 322, 150),
  rect(46, 292, 308, 30, shade(paint.white, -0.14), 15),
  rect(46, 286, 308, 28, paint.white, 14),
  rect(278, 246, 58, 44, paint.apricot, 20),
  stroke('M280 264h54', shade(paint.apricot, -0.2), 3),
  circle(307, 276, 3, paint.white),
  group(
    'translate(-38 0)',
    rect(150, 200, 20, 96, paint.silver, 6),
    rect(262, 226, 16, 66, paint.silver, 6),
    rect(108, 84, 106, 192, paint.black, 18),
    rect(115, 91, 92, 178, paint.sky, 13),
    circle(184, 128, 16, paint.glow),
    path('M115 220l30-40l24 28l16-18l22 26v40a13 13 0 0 1-13 13h-66a13 13 0 0 1-13-13z', paint.forest),
    rect(252, 130, 36, 112, paint.coral, 10),
    rect(240, 154, 60, 64, paint.black, 18),
    ring(270, 186, 18, paint.mint, 5),
    stroke('M270 176v10h7', paint.white, 3),
  ),
]

const powerStrip: Shape[] = [
  stroke('M66 268C0 300 40 350 0 372', paint.mustard, 10),
  group(
    'rotate(-16 200 210)',
    rect(48, 164, 312, 108, shade(paint.white, -0.18), 30),
    rect(48, 154, 312, 108, paint.white, 30),
    ...[84, 150, 252, 318].map(
      (x) => circle(x, 208, 27, shade(paint.silver, 0.3)) + stroke(`M${x - 9} 208v.1M${x + 9} 208v.1`, paint.black, 8),
    ),
    rect(188, 182, 26, 13, paint.black, 6.5),
    rect(187, 214, 28, 18, paint.black, 3),
  ),
]

const plugEnd = (x: number, y: number, angle: number, metal: number): Shape =>
  group(
    `translate(${x} ${y})rotate(${angle})`,
    rect(-6, -13, 44, 26, paint.silver, 6),
    rect(38, -metal / 2, 22, metal, paint.grey, 4),
  )

const roundCoil = (colour: string): Shape[] => [
  tile('b', [0, 0, 8, 8], path('M0 4l4-4h4L0 8zM8 4v4H4z', shade(colour, -0.2))),
  stroke('M262 244C300 280 296 310 250 334', colour, 13),
  stroke('M132 250C90 280 76 300 96 334', colour, 13),
  ...[96, 79, 62].map((r) => ring(200, 182, r, colour, 13) + ring(200, 182, r, 'url(#b)', 13)),
  ring(200, 182, 104, shade(colour, -0.2), 2),
  rect(182, 70, 36, 62, paint.walnut, 8),
  circle(200, 118, 5, paint.brass),
  plugEnd(250, 334, 150, 14),
  plugEnd(98, 332, 40, 14),
]

const bowCable = (colour: string): Shape[] => [
  stroke('M200 200C90 60 60 160 96 200S150 300 200 200S330 90 318 190S250 320 200 200', colour, 12),
  stroke('M200 200C120 90 96 160 120 196S168 262 200 200S302 130 294 190S246 288 200 200', shade(colour, -0.14), 12),
  stroke('M200 200C204 250 176 300 130 322', colour, 12),
  stroke('M200 200C196 150 220 96 268 74', colour, 12),
  rect(184, 172, 32, 56, paint.walnut, 8),
  plugEnd(128, 324, 155, 24),
  plugEnd(268, 74, -22, 13),
]

const hdmiEnd = (x: number, y: number, angle: number): Shape =>
  group(
    `translate(${x} ${y})rotate(${angle})`,
    rect(-8, -27, 58, 54, paint.graphite, 8),
    path('M50-20h30v30l-8 10H50z', paint.brass),
    stroke('M8-12v24M20-12v24', paint.charcoal, 4),
  )

const hdmiCable: Shape[] = [
  stroke('M118 116C40 200 80 316 200 316S360 200 282 116', shade(paint.black, -0.3), 20),
  stroke('M118 112C40 196 80 312 200 312S360 196 282 112', paint.black, 20),
  stroke('M112 134C60 200 92 300 200 303', paint.graphite, 4),
  hdmiEnd(126, 106, -42),
  group('matrix(-1 0 0 1 400 0)', hdmiEnd(126, 106, -42)),
]

const flatCable = (colour: string): Shape[] => {
  const end =
    rect(-8, -18, 34, 36, shade(colour, -0.3), 5) +
    rect(22, -15, 34, 30, paint.glass, 4) +
    stroke('M40-8h12M40 0h12M40 8h12', paint.brass, 3)
  return [
    stroke('M96 118H270a32 32 0 0 1 0 64H130a32 32 0 0 0 0 64H270a32 32 0 0 1 0 64H170', shade(colour, -0.22), 26),
    stroke('M96 112H270a32 32 0 0 1 0 64H130a32 32 0 0 0 0 64H270a32 32 0 0 1 0 64H170', colour, 24),
    stroke('M110 112H262M140 176H262M140 240H262', shade(colour, 0.4), 3),
    group('translate(98 112)rotate(180)', end),
    group('translate(172 304)rotate(180)', end),
  ]
}

const smallPowerBank = (colour: string): Shape[] => [
  shadow(200, 334, 96),
  group(
    'rotate(14 200 210)',
    stroke('M160 96C160 20 262 16 256 62', shade(colour, -0.4), 11),
    rect(246, 58, 20, 30, paint.charcoal, 5),
    rect(250, 84, 12, 18, paint.silver, 3),
    rect(128, 96, 152, 236, shade(colour, -0.25), 36),
    rect(122, 92, 152, 232, colour, 36),
    rect(122, 160, 152, 8, shade(colour, -0.14)),
    stroke('M146 190v84', shade(colour, 0.4), 8),
    stroke('M186 294h.1M206 294h.1M226 294h.1', paint.white, 10),
    stroke('M246 294h.1', shade(colour, -0.2), 10),
    path('M204 200l-24 36h18l-8 28l30-40h-20z', paint.white),
  ),
]

const largePowerBank: Shape[] = [
  tile('l', [0, 0, 400, 12], rect(0, 0, 400, 2, shade(paint.graphite, -0.2))),
  shadow(200, 320, 138),
  rect(66, 130, 268, 190, paint.black, 28),
  rect(66, 122, 268, 188, paint.graphite, 28),
  rect(66, 216, 268, 84, 'url(#l)'),
  rect(92, 146, 128, 60, paint.black, 12),
  ring(122, 176, 16, shade(paint.mint, -0.5), 6),
  stroke('M122 160A16 16 0 1 1 106 176', paint.mint, 6),
  stroke('M154 168h50M154 184h50', shade(paint.mint, -0.5), 8),
  stroke('M154 168h34M154 184h18', paint.mint, 8),
  port(246, 154),
  port(246, 184),
]

export const powerPictures: Record<string, Picture> = {
  'nub-30w-charger': { scene: 'floor', shapes: wallCharger },
  'brick-65w-charger': { scene: 'disc', shapes: tripleCharger },
  'slab-100w-desktop-charger': { scene: 'slant', shapes: deskCharger },
  'puck-wireless-charger': { scene: 'slant', shapes: puck },
  'trio-charging-stand': { scene: 'floor', shapes: trioStand },
  'row-power-strip': { scene: 'disc', shapes: powerStrip },
  'twine-usb-c-cable': { scene: 'disc', shapes: roundCoil(paint.coral) },
  'twine-usb-a-to-c-cable': { scene: 'slant', shapes: bowCable(paint.mustard) },
  'loom-hdmi-cable': { scene: 'disc', shapes: hdmiCable },
  'ribbon-ethernet-cable': { scene: 'slant', shapes: flatCable(paint.sky) },
  'pocket-10k-power-bank': { scene: 'floor', shapes: smallPowerBank(paint.sky) },
  'reserve-20k-power-bank': { scene: 'floor', shapes: largePowerBank },
}
