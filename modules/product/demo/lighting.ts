import type { ProductDraft } from '../draft.contract.ts'
import { draftProduct } from './draft-builder.ts'
import { colours } from './translations.ts'

export const lightingProducts: ProductDraft[] = [
  draftProduct({
    slug: 'stem-desk-lamp',
    brand: 'Lumenfold',
    categories: ['desk-lamps'],
    title: ['Stem Desk Lamp', 'Stem 台灯'],
    description: [
      'A thin arm, a round foot and a shade that tips with one finger. The light is even and free of flicker, from candle-warm to noon-clear. It remembers how you left it.',
      '细杆、圆座，灯罩用一根手指就能拨动。光线均匀无频闪，从烛光般的暖黄到正午般的清亮随意调。关灯再开，还是上次的样子。',
    ],
    alt: ['Slim desk lamp with a cone shade in sage', '鼠尾草绿锥形灯罩台灯'],
    options: { colour: [colours.sage, colours.mustard, colours.charcoal] },
    price: [69_00, 69_00, 299_00],
    variants: [
      ['LT-STEM-SAG', 53],
      ['LT-STEM-MUS', 41],
      ['LT-STEM-CHA', 79],
    ],
    attributes: {
      brightness: ['600 lm', '600 流明'],
      light: '2700-5000 K',
      dimming: ['Touch, stepless', '触控无级调光'],
      power: ['9 W', '9 瓦'],
      dimensions: ['42 cm high', '高 42 厘米'],
    },
  }),
  draftProduct({
    slug: 'brow-monitor-light',
    brand: 'Lumenfold',
    categories: ['desk-lamps'],
    title: ['Brow Monitor Light Bar', 'Brow 屏幕挂灯'],
    description: [
      'Sits on top of the screen and lights the desk, not the display and not your eyes. A weighted clip fits flat and curved monitors from 8 to 40 millimetres. The wireless dial turns up the light and, pressed, warms it.',
      '挂在显示器上方，只照桌面，不照屏幕，也不晃眼。配重夹适配 8 到 40 毫米厚的平面屏和曲面屏。无线旋钮一转调亮度，按下再转调色温。',
    ],
    alt: ['Light bar glowing on top of a monitor', '显示器上方的屏幕挂灯'],
    price: [89_00, 92_00, 379_00],
    compareAt: [99_00, 102_00, 429_00],
    variants: [['LT-BROW-45', 68]],
    attributes: {
      brightness: ['500 lx on the desk', '桌面照度 500 勒克斯'],
      light: '2700-6500 K',
      power: ['USB-C, 7.5 W', 'USB-C，7.5 瓦'],
      dimensions: ['45 cm wide', '宽 45 厘米'],
    },
  }),
  draftProduct({
    slug: 'pivot-clamp-lamp',
    brand: 'Lumenfold',
    categories: ['desk-lamps'],
    title: ['Pivot Architect Clamp Lamp', 'Pivot 夹式长臂灯'],
    description: [
      'The drawing-office lamp, redone in aluminium with springs that stay silent. It reaches a metre over the table and stops wherever you let go. The clamp takes boards up to six centimetres.',
      '制图室里的老式长臂灯，用铝合金重做了一遍，弹簧不再吱呀作响。臂展可达一米，停在哪里都稳。桌夹最厚可夹 6 厘米。',
    ],
    alt: ['Red architect lamp with two spring arms', '红色双节弹簧长臂灯'],
    options: { colour: [colours.coral, colours.white] },
    price: [119_00, 119_00, 569_00],
    variants: [
      ['LT-PIVT-COR', 32],
      ['LT-PIVT-WHT', 40],
    ],
    attributes: {
      brightness: ['850 lm', '850 流明'],
      light: '3000 K',
      power: ['11 W, replaceable bulb', '11 瓦，灯泡可换'],
      dimensions: ['50 + 50 cm reach', '臂长 50 + 50 厘米'],
    },
  }),
  draftProduct({
    slug: 'moon-globe-lamp',
    brand: 'Hearthling',
    categories: ['room-lamps'],
    title: ['Moon Glass Globe Lamp', 'Moon 玻璃圆球灯'],
    description: [
      'A mouth-blown opal globe on a low brass ring. It has no front and no back and glows like a full moon from every chair in the room. The cord is two and a half metres, with a dimmer your foot can find.',
      '人工吹制的乳白玻璃球，坐在一圈矮矮的黄铜底座上。没有正反面，从房间哪个角落看都像一轮满月。电源线长两米半，带脚踩就能找到的调光开关。',
    ],
    alt: ['Glowing white globe on a brass ring', '黄铜底座上发光的白色圆球灯'],
    options: {
      size: [
        ['20 cm', '20 厘米'],
        ['30 cm', '30 厘米'],
      ],
    },
    price: [89_00, 85_00, 399_00],
    variants: [
      ['LT-MOON-20', 44],
      ['LT-MOON-30', 2, [139_00, 135_00, 629_00]],
    ],
    attributes: {
      material: ['Opal glass, brass', '乳白玻璃、黄铜'],
      dimming: ['Foot dimmer', '脚踏调光'],
      power: ['E27, up to 12 W LED', 'E27，最高 12 瓦 LED'],
    },
  }),
  draftProduct({
    slug: 'mushroom-bedside-lamp',
    brand: 'Hearthling',
    categories: ['room-lamps'],
    title: ['Morel Bedside Lamp', 'Morel 蘑菇床头灯'],
    description: [
      'A small steel mushroom for the night table. Tap the cap three times for reading, ring and candle light; the last one is so low that nobody wakes up. The cap lifts off to change the bulb.',
      '床头柜上的一朵小钢蘑菇。轻拍灯帽，依次是阅读光、环形光和烛光，最后一档暗到不会吵醒任何人。灯帽可以取下，方便换灯泡。',
    ],
    alt: ['Terracotta mushroom lamp', '陶土红蘑菇灯'],
    options: { colour: [colours.terracotta, colours.ivory, colours.olive] },
    price: [55_00, 52_00, 219_00],
    variants: [
      ['LT-MORL-TER', 66],
      ['LT-MORL-IVO', 91],
      ['LT-MORL-OLV', 27],
    ],
    attributes: {
      brightness: ['10-320 lm', '10-320 流明'],
      light: '2200-2700 K',
      dimming: ['Three steps, tap', '轻拍三档'],
      dimensions: ['18 × 24 cm', '18 × 24 厘米'],
    },
  }),
  draftProduct({
    slug: 'willow-floor-lamp',
    brand: 'Lumenfold',
    categories: ['room-lamps'],
    title: ['Willow Arc Floor Lamp', 'Willow 弧形落地灯'],
    description: [
      'One steel bow from the foot behind the sofa to the page in front of you. The linen shade softens the light and a marble block keeps it upright when a cat disagrees. Goes together without tools.',
      '一道钢弧，从沙发背后的底座一直弯到你面前的书页上方。亚麻灯罩把光滤得柔和，大理石底座够沉，猫咪捣乱也不会倒。安装不需要任何工具。',
    ],
    alt: ['Arc floor lamp with a linen shade and marble foot', '亚麻灯罩、大理石底座的弧形落地灯'],
    price: [189_00, 195_00, 1099_00],
    variants: [['LT-WILW-BRS', 20]],
    attributes: {
      material: ['Brushed steel, linen, marble', '拉丝钢、亚麻、大理石'],
      power: ['E27, up to 15 W LED', 'E27，最高 15 瓦 LED'],
      dimensions: ['185 cm high, 110 cm reach', '高 185 厘米，臂展 110 厘米'],
      weight: ['11 kg', '11 千克'],
    },
  }),
  draftProduct({
    slug: 'cocoon-paper-pendant',
    brand: 'Hearthling',
    categories: ['room-lamps'],
    title: ['Cocoon Paper Pendant', 'Cocoon 纸灯笼吊灯'],
    description: [
      'Mulberry paper stretched over bamboo rings, folded flat for the post and opened in a minute. It takes the edge off any bulb. Looks best a little lower than you first think.',
      '桑皮纸绷在竹圈上，折平了寄到家，一分钟就能撑开。再刺眼的灯泡罩进去也变得柔和。挂得比你想的再低一点，会更好看。',
    ],
    alt: ['Round paper lantern pendant', '圆形纸灯笼吊灯'],
    options: {
      size: [
        ['40 cm', '40 厘米'],
        ['60 cm', '60 厘米'],
      ],
    },
    price: [39_00, 36_00, 139_00],
    variants: [
      ['LT-COCN-40', 72],
      ['LT-COCN-60', 38, [54_00, 49_00, 199_00]],
    ],
    attributes: {
      material: ['Mulberry paper, bamboo', '桑皮纸、竹'],
      power: ['Without bulb, E27', '不含灯泡，E27'],
      weight: ['310 g', '310 克'],
    },
  }),
  draftProduct({
    slug: 'wick-rechargeable-lantern',
    brand: 'Lumenfold',
    categories: ['small-lights'],
    title: ['Wick Rechargeable Lantern', 'Wick 充电提灯'],
    description: [
      'A lantern for balconies, tents and power cuts. Turn the whole head to dim it, hang it from the brass handle or push it into the sand. Sixty hours on the lowest light.',
      '阳台、帐篷、停电的夜里都用得上的一盏提灯。旋转灯头调亮度，黄铜提手可以挂，底部也能插进沙地。最低亮度可亮 60 小时。',
    ],
    alt: ['Green camping lantern with a brass handle', '带黄铜提手的绿色提灯'],
    options: { colour: [colours.forest, colours.sand] },
    price: [59_00, 59_00, 259_00],
    variants: [
      ['LT-WICK-FOR', 83],
      ['LT-WICK-SND', 57],
    ],
    attributes: {
      brightness: ['5-280 lm', '5-280 流明'],
      battery: ['6-60 hours', '6-60 小时'],
      charging: 'USB-C',
      waterproof: 'IPX5',
      weight: ['390 g', '390 克'],
    },
  }),
  draftProduct({
    slug: 'pebble-night-light',
    brand: 'Hearthling',
    categories: ['small-lights'],
    title: ['Pebble Night Light', 'Pebble 感应小夜灯'],
    description: [
      'Plugs in, waits for the dark and lights the way to the bathroom when somebody moves. The glow is amber, because blue light wakes children and parents alike. Uses less than a cent of power a month.',
      '插上即用，天黑后有人经过才亮，照亮去洗手间的那几步路。光是琥珀色的，蓝光容易把孩子和大人都弄清醒。一个月的电费不到一毛钱。',
    ],
    alt: ['Round plug-in night light with an amber glow', '发着琥珀色光的圆形小夜灯'],
    price: [16_00, 15_50, 39_00],
    variants: [['LT-PEBL-1', 182]],
    attributes: {
      brightness: ['8 lm', '8 流明'],
      light: '1800 K',
      sensor: ['Motion and daylight', '人体与光线感应'],
      power: ['0.4 W', '0.4 瓦'],
    },
  }),
  draftProduct({
    slug: 'firefly-string-lights',
    brand: 'Hearthling',
    categories: ['small-lights'],
    title: ['Firefly String Lights', 'Firefly 灯串'],
    description: [
      'Frosted bulbs the size of cherries on a cloth cord, for the headboard or the pergola. They plug into USB or a power bank and shrug off rain. The timer keeps six hours on, eighteen off.',
      '樱桃大小的磨砂灯泡串在布线上，挂床头、挂凉棚都好看。插 USB 或充电宝就能亮，淋点雨没关系。定时模式亮 6 小时、灭 18 小时，天天自动。',
    ],
    alt: ['String of small warm bulbs', '一串暖色小灯泡'],
    options: {
      length: [
        ['5 m, 20 bulbs', '5 米，20 灯'],
        ['10 m, 40 bulbs', '10 米，40 灯'],
      ],
    },
    price: [22_00, 21_90, 59_00],
    variants: [
      ['LT-FIRE-5', 141],
      ['LT-FIRE-10', 87, [32_00, 31_90, 89_00]],
    ],
    attributes: {
      light: '2200 K',
      power: ['USB, 3 W', 'USB，3 瓦'],
      waterproof: 'IP44',
    },
  }),
  draftProduct({
    slug: 'filament-dimmable-bulb',
    brand: 'Lumenfold',
    categories: ['small-lights'],
    title: ['Filament Dimmable LED Bulb', 'Filament 可调光灯丝灯泡'],
    description: [
      'Looks like the bulbs our grandparents had and draws a tenth of the power. Dims to two per cent without humming or flickering. Colours come out true under it, so food on the table looks like food.',
      '长得像祖父母家的老灯泡，耗电只有十分之一。能一直调暗到 2%，不嗡嗡响，也不闪。显色性好，灯下的饭菜看着就是饭菜的颜色。',
    ],
    alt: ['Clear filament light bulb', '透明灯丝灯泡'],
    options: { base: ['E27', 'E14'] },
    price: [12_00, 11_50, 29_00],
    variants: [
      ['LT-FILA-E27', 195],
      ['LT-FILA-E14', 128],
    ],
    attributes: {
      brightness: ['470 lm', '470 流明'],
      light: '2700 K, CRI 95',
      power: ['5 W', '5 瓦'],
      warranty: ['5 years', '5 年'],
    },
  }),
]
