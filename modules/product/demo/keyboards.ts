import type { ProductDraft } from '../draft.contract.ts'
import { draftProduct } from './draft-builder.ts'
import { colours } from './translations.ts'

const linear = ['Linear', '线性轴'] as const
const tactile = ['Tactile', '段落轴'] as const
const silent = ['Silent', '静音轴'] as const

export const keyboardProducts: ProductDraft[] = [
  draftProduct({
    slug: 'tern-75-wireless-keyboard',
    brand: 'Keywright',
    categories: ['keyboards'],
    title: ['Tern 75 Mechanical Wireless Keyboard', 'Tern 75 机械无线键盘'],
    description: [
      'A 75 % mechanical keyboard in a milled aluminium case, gasket-mounted for a soft, low sound. Switches pull out without soldering, and the layout is edited in the browser. It remembers three Bluetooth devices and a 2.4 GHz dongle that hides in the foot.',
      '75% 配列的机械无线键盘，铝合金外壳一体铣削，Gasket 结构敲起来柔和低沉。轴体免焊热插拔，键位在浏览器里就能改。可记住三台蓝牙设备，2.4G 接收器收在脚撑里。',
    ],
    alt: ['Compact white mechanical keyboard with apricot accent keys', '白色紧凑机械键盘，杏色点缀键帽'],
    options: { colour: [colours.ivory, colours.charcoal], switches: [linear, tactile, silent] },
    price: [149_00, 155_00, 899_00],
    variants: [
      ['KB-TN75W-IV-L', 46],
      ['KB-TN75W-IV-T', 62],
      ['KB-TN75W-IV-S', 28, [155_00, 159_00, 939_00]],
      ['KB-TN75W-CH-L', 51],
      ['KB-TN75W-CH-T', 5],
      ['KB-TN75W-CH-S', 33, [155_00, 159_00, 939_00]],
    ],
    attributes: {
      connection: ['Bluetooth 5.1, 2.4 GHz, USB-C', '蓝牙 5.1、2.4G、USB-C'],
      layout: ['75 %, 84 keys', '75%，84 键'],
      keycaps: ['Double-shot PBT', '双色注塑 PBT'],
      battery: ['90 hours lit, 200 unlit', '开灯 90 小时，关灯 200 小时'],
      weight: ['1.1 kg', '1.1 千克'],
    },
  }),
  draftProduct({
    slug: 'plover-slim-wireless-keyboard',
    brand: 'Clearmoor',
    categories: ['keyboards'],
    title: ['Plover Slim Wireless Keyboard', 'Plover 超薄无线键盘'],
    description: [
      'A flat, quiet keyboard for shared rooms and late hours: scissor keys with short travel, 6 mm at the front edge. Three keys along the top switch between computer, tablet and phone. Two years on a pair of AAA cells, no charging cable to lose.',
      '薄而安静的无线键盘，适合合用办公室和深夜工作：剪刀脚短键程，前缘厚度仅 6 毫米。顶排三个键在电脑、平板和手机之间一按即换。两节七号电池能用两年，省去一根充电线。',
    ],
    alt: ['Slim light-grey keyboard with round keys', '浅灰色超薄圆键键盘'],
    options: { colour: [colours.silver, colours.rose, colours.black] },
    price: [49_00, 49_00, 239_00],
    variants: [
      ['KB-PLOV-SLV', 134],
      ['KB-PLOV-ROS', 77],
      ['KB-PLOV-BLK', 158],
    ],
    attributes: {
      connection: ['Bluetooth 5.1, three devices', '蓝牙 5.1，三台设备'],
      layout: ['Tenkeyless, 79 keys', '无数字区，79 键'],
      battery: ['24 months, 2 × AAA', '24 个月，2 节七号电池'],
      weight: ['410 g', '410 克'],
    },
  }),
  draftProduct({
    slug: 'wren-60-wireless-keyboard',
    brand: 'Keywright',
    categories: ['keyboards'],
    title: ['Wren 60 Compact Wireless Keyboard', 'Wren 60 迷你无线键盘'],
    description: [
      'Sixty-one keys and nothing else. It leaves room for the mouse, fits in a sleeve pocket and puts arrows and function keys on a second layer you learn in an afternoon. Low-profile switches keep wrists straight.',
      '61 个键，一个不多。给鼠标腾出地方，塞得进电脑包的侧袋；方向键和功能键放在第二层，一个下午就能记熟。矮轴设计让手腕保持平直。',
    ],
    alt: ['Very small mint keyboard', '薄荷绿迷你键盘'],
    options: { colour: [colours.mint, colours.navy], switches: [linear, tactile] },
    price: [89_00, 92_00, 469_00],
    variants: [
      ['KB-WREN-MN-L', 40],
      ['KB-WREN-MN-T', 36],
      ['KB-WREN-NV-L', 55],
      ['KB-WREN-NV-T', 24],
    ],
    attributes: {
      connection: ['Bluetooth 5.1, USB-C', '蓝牙 5.1、USB-C'],
      layout: ['60 %, 61 keys', '60%，61 键'],
      battery: ['60 hours', '60 小时'],
      weight: ['520 g', '520 克'],
    },
  }),
  draftProduct({
    slug: 'heron-full-wireless-keyboard',
    brand: 'Clearmoor',
    categories: ['keyboards'],
    title: ['Heron Full-Size Wireless Keyboard with Palm Rest', 'Heron 全尺寸无线键盘（带掌托）'],
    description: [
      'For people who live in spreadsheets: a full number block, dedicated calculator and screenshot keys, and a cushioned palm rest that clips on with magnets. The keys are slightly dished and barely audible. The dongle and Bluetooth work side by side.',
      '为整天和表格打交道的人准备：完整数字区，单独的计算器键和截图键，磁吸软垫掌托。键面微凹，敲击声很轻。接收器和蓝牙可以同时使用。',
    ],
    alt: ['Full-size dark keyboard with a number block and palm rest', '带数字区和掌托的深色全尺寸键盘'],
    price: [79_00, 79_00, 399_00],
    variants: [['KB-HERN-GRA', 83]],
    attributes: {
      connection: ['2.4 GHz, Bluetooth 5.1', '2.4G、蓝牙 5.1'],
      layout: ['Full size, 108 keys', '全尺寸，108 键'],
      battery: ['18 months, 2 × AA', '18 个月，2 节五号电池'],
      weight: ['940 g with rest', '940 克（含掌托）'],
    },
  }),
  draftProduct({
    slug: 'tern-75-wired-keyboard',
    brand: 'Keywright',
    categories: ['keyboards'],
    title: ['Tern 75 Mechanical Wired Keyboard', 'Tern 75 机械有线键盘'],
    description: [
      'The same layout and switches as our wireless Tern, in a polycarbonate case and on a coiled USB-C cable. Nothing to charge, 1000 Hz polling, and enough money left for a second set of keycaps. Every layer is stored on the board, so it works the same on any computer.',
      '配列和轴体与无线版 Tern 相同，换成聚碳酸酯外壳和一根弹簧 USB-C 线。不用充电，回报率 1000Hz，省下的钱够再买一套键帽。键位存在键盘里，换哪台电脑都一样。',
    ],
    alt: ['Sage mechanical keyboard with a coiled cable', '鼠尾草绿机械键盘，连着弹簧线'],
    options: { switches: [linear, tactile, silent] },
    price: [109_00, 112_00, 569_00],
    compareAt: [119_00, 122_00, 629_00],
    variants: [
      ['KB-TN75C-L', 70],
      ['KB-TN75C-T', 88],
      ['KB-TN75C-S', 31],
    ],
    attributes: {
      connection: ['USB-C cable, 1.5 m coiled', 'USB-C 弹簧线，1.5 米'],
      layout: ['75 %, 84 keys', '75%，84 键'],
      keycaps: ['Double-shot PBT', '双色注塑 PBT'],
      weight: ['780 g', '780 克'],
    },
  }),
  draftProduct({
    slug: 'quill-split-keyboard',
    brand: 'Keywright',
    categories: ['keyboards'],
    title: ['Quill Split Ergonomic Wired Keyboard', 'Quill 分体式人体工学有线键盘'],
    description: [
      'Two halves that stand as wide apart as your shoulders, tilted outwards in three steps. Thumbs take over space, enter and backspace from the little fingers. Expect a slow first week and quiet wrists afterwards.',
      '左右两半可以分开到与肩同宽，外倾角度三档可调。空格、回车和退格都交给拇指，小指终于能歇一歇。头一个星期打字会慢，之后手腕会感谢你。',
    ],
    alt: ['Split keyboard in two tilted halves', '左右分开、各自倾斜的分体键盘'],
    options: { switches: [linear, tactile] },
    price: [199_00, 209_00, 1299_00],
    variants: [
      ['KB-QUIL-L', 12],
      ['KB-QUIL-T', 1],
    ],
    attributes: {
      connection: ['USB-C, bridge cable included', 'USB-C，附连接线'],
      layout: ['Column-staggered, 2 × 34 keys', '直列错位，2 × 34 键'],
      dimensions: ['2 × 17 × 14 cm', '2 × 17 × 14 厘米'],
      weight: ['860 g', '860 克'],
    },
  }),
  draftProduct({
    slug: 'dunlin-number-pad',
    brand: 'Clearmoor',
    categories: ['keyboards'],
    title: ['Dunlin Wireless Number Pad', 'Dunlin 无线数字小键盘'],
    description: [
      'The number block your laptop left out, to put on the left, on the right or in the drawer. Low keys, a proper double-zero and a real equals sign. It sleeps after ten minutes and wakes on the first key without swallowing it.',
      '笔记本电脑省掉的数字区，单独放左边、右边或抽屉里都行。矮键帽，带双零键和真正的等号键。十分钟不用自动休眠，按第一下就唤醒，不会漏字。',
    ],
    alt: ['Small white number pad', '白色数字小键盘'],
    price: [32_00, 32_90, 149_00],
    variants: [['KB-DUNL-WHT', 65]],
    attributes: {
      connection: ['Bluetooth 5.1, 2.4 GHz', '蓝牙 5.1、2.4G'],
      layout: ['21 keys', '21 键'],
      battery: ['12 months, 1 × AAA', '12 个月，1 节七号电池'],
    },
  }),
  draftProduct({
    slug: 'finch-wireless-mouse',
    brand: 'Clearmoor',
    categories: ['mice'],
    title: ['Finch Wireless Mouse', 'Finch 无线鼠标'],
    description: [
      'A quiet everyday mouse for small and middle-sized hands, left or right. The clicks are damped to a tap, the wheel has soft steps. One AA cell lasts a year and a half, and the receiver parks inside.',
      '安静的日常无线鼠标，左右手通用，适合中小手型。按键经过消音处理，滚轮段落柔和。一节五号电池能用一年半，接收器可收进机身。',
    ],
    alt: ['Rounded wireless mouse in slate blue', '石板蓝圆润无线鼠标'],
    options: { colour: [colours.blue, colours.white, colours.rose, colours.black] },
    price: [25_00, 24_90, 99_00],
    variants: [
      ['MS-FNCH-BLU', 144],
      ['MS-FNCH-WHT', 187],
      ['MS-FNCH-ROS', 68],
      ['MS-FNCH-BLK', 200],
    ],
    attributes: {
      connection: ['2.4 GHz, Bluetooth 5.0', '2.4G、蓝牙 5.0'],
      sensor: ['Optical, 800-2400 dpi', '光学，800-2400 DPI'],
      battery: ['18 months, 1 × AA', '18 个月，1 节五号电池'],
      weight: ['82 g', '82 克'],
    },
  }),
  draftProduct({
    slug: 'merlin-wired-mouse',
    brand: 'Keywright',
    categories: ['mice'],
    title: ['Merlin Lightweight Wired Mouse', 'Merlin 轻量有线鼠标'],
    description: [
      'Fifty-eight grams with a cable so soft you forget it. Optical switches rated for eighty million clicks, PTFE feet and no software to install: sensitivity is set by a button underneath.',
      '整机 58 克，伞绳线软到几乎感觉不到。光学微动，寿命八千万次，纯 PTFE 脚贴。无需安装驱动，底部一个按键即可切换 DPI。',
    ],
    alt: ['Light black gaming mouse with a lime wheel and a cable', '黑色轻量有线鼠标，青柠色滚轮'],
    options: { colour: [colours.black, colours.white] },
    price: [45_00, 45_00, 199_00],
    variants: [
      ['MS-MERL-BLK', 90],
      ['MS-MERL-WHT', 57],
    ],
    attributes: {
      connection: ['USB, 1.8 m paracord cable', 'USB，1.8 米伞绳线'],
      sensor: ['Optical, up to 19,000 dpi, 1000 Hz', '光学，最高 19000 DPI，1000Hz'],
      buttons: ['6', '6 键'],
      weight: ['58 g', '58 克'],
    },
  }),
  draftProduct({
    slug: 'nod-vertical-mouse',
    brand: 'Clearmoor',
    categories: ['mice'],
    title: ['Nod Vertical Wireless Mouse', 'Nod 垂直无线鼠标'],
    description: [
      'Holds your hand as if you were shaking someone else’s: 57 degrees upright, forearm relaxed. There is a true left-handed version, not a mirrored afterthought. Forward and back sit under the thumb.',
      '像握手一样握住它：57 度立式握姿，前臂自然放松。左手版是重新开模的，不是随便镜像了事。前进、后退键就在拇指下方。',
    ],
    alt: ['Upright ergonomic mouse in charcoal', '炭灰色立式人体工学鼠标'],
    options: {
      hand: [
        ['Right', '右手'],
        ['Left', '左手'],
      ],
    },
    price: [59_00, 62_00, 269_00],
    variants: [
      ['MS-NOD-R', 76],
      ['MS-NOD-L', 22],
    ],
    attributes: {
      connection: ['2.4 GHz, Bluetooth 5.0', '2.4G、蓝牙 5.0'],
      buttons: ['5', '5 键'],
      battery: ['4 months, USB-C', '4 个月，USB-C 充电'],
      weight: ['118 g', '118 克'],
    },
  }),
  draftProduct({
    slug: 'marble-trackball',
    brand: 'Keywright',
    categories: ['mice'],
    title: ['Marble Wireless Trackball', 'Marble 无线轨迹球'],
    description: [
      'The ball moves and the hand stays put, on a crowded desk or the arm of a sofa. It glides on three ruby bearings and pops out for cleaning. A ring around it scrolls.',
      '球在转，手不动，桌面再挤、窝在沙发扶手上都能用。球体由三颗红宝石珠支撑，顺滑安静，推一下就能取出清洁。外圈旋环用来滚动页面。',
    ],
    alt: ['Trackball with a large red ball', '带红色大球的轨迹球'],
    price: [75_00, 79_00, 369_00],
    variants: [['MS-MARB-RED', 35]],
    attributes: {
      connection: ['Bluetooth 5.1, 2.4 GHz, USB-C', '蓝牙 5.1、2.4G、USB-C'],
      sensor: ['Optical, 400-1600 dpi', '光学，400-1600 DPI'],
      battery: ['3 months', '3 个月'],
      weight: ['162 g', '162 克'],
    },
  }),
  draftProduct({
    slug: 'meadow-felt-desk-mat',
    brand: 'Foliander',
    categories: ['desk-mats'],
    title: ['Meadow Wool Felt Desk Mat', 'Meadow 羊毛毡桌垫'],
    description: [
      'Three millimetres of pressed merino felt that warms the wrists and takes the clatter out of a keyboard. The underside is natural cork and does not slide. Spills bead up long enough for you to find a cloth.',
      '3 毫米厚的压制美利奴羊毛毡，垫着手腕不凉，也能吸掉键盘的噼啪声。背面是天然软木，不会打滑。水洒上去会先结成水珠，来得及去拿抹布。',
    ],
    alt: ['Grey felt desk mat with a rolled corner', '卷起一角的羊毛毡桌垫'],
    options: {
      size: [
        ['60 × 30 cm', '60 × 30 厘米'],
        ['90 × 40 cm', '90 × 40 厘米'],
      ],
      colour: [colours.grey, colours.sage],
    },
    price: [35_00, 35_00, 159_00],
    variants: [
      ['DM-MEAD-60-GRY', 80],
      ['DM-MEAD-60-SAG', 54],
      ['DM-MEAD-90-GRY', 63, [49_00, 49_00, 229_00]],
      ['DM-MEAD-90-SAG', 29, [49_00, 49_00, 229_00]],
    ],
    attributes: {
      material: ['Merino wool felt, cork', '美利奴羊毛毡、软木'],
      dimensions: ['3 mm thick', '厚 3 毫米'],
      care: ['Brush off, spot-clean cold', '软刷除尘，局部冷水清洁'],
    },
  }),
  draftProduct({
    slug: 'log-walnut-wrist-rest',
    brand: 'Keywright',
    categories: ['desk-mats'],
    title: ['Log Walnut Wrist Rest', 'Log 胡桃木腕托'],
    description: [
      'One plank of American walnut with the front edge planed to the angle of a resting hand. Hard enough to support, smooth enough to slide along while typing. Oiled, not varnished, so scratches rub out.',
      '整块北美黑胡桃木，前缘按手腕自然放置的角度刨出斜面。够硬，托得住；够滑，打字时手能左右移动。表面上油不上漆，划痕擦点油就淡了。',
    ],
    alt: ['Long walnut wrist rest', '长条形胡桃木腕托'],
    options: {
      size: [
        ['For 60 % boards', '适配 60%'],
        ['For 75 % boards', '适配 75%'],
        ['Full size', '全尺寸'],
      ],
    },
    price: [32_00, 33_00, 128_00],
    variants: [
      ['DM-LOG-60', 44],
      ['DM-LOG-75', 71],
      ['DM-LOG-FULL', 26, [38_00, 39_00, 158_00]],
    ],
    attributes: {
      material: ['Walnut, cork feet', '黑胡桃木、软木脚垫'],
      dimensions: ['8 cm deep, 18 mm high', '深 8 厘米，高 18 毫米'],
      care: ['Oil once a year', '每年上一次油'],
    },
  }),
]
