import type { ProductDraft } from '../draft.contract.ts'
import { draftProduct } from './draft-builder.ts'
import { colours } from './translations.ts'

const halfMetre = ['0.5 m', '0.5 米'] as const
const oneMetre = ['1 m', '1 米'] as const
const twoMetres = ['2 m', '2 米'] as const
const threeMetres = ['3 m', '3 米'] as const
const fiveMetres = ['5 m', '5 米'] as const

const plugs = [
  ['US / Japan', '美规／日规'],
  ['Europe', '欧规'],
  ['China', '国标'],
] as const

export const powerProducts: ProductDraft[] = [
  draftProduct({
    slug: 'nub-30w-charger',
    brand: 'Voltmoss',
    categories: ['chargers'],
    title: ['Nub 30 W USB-C Charger', 'Nub 30W USB-C 充电器'],
    description: [
      'Hardly bigger than its own plug, and enough for a phone, a tablet or a thin laptop overnight. Gallium nitride keeps it cool in the hand. The corners are round, so it slides out of a pocket.',
      '比插头大不了多少，手机、平板都够用，给轻薄本过夜充电也行。氮化镓方案，握在手里不烫。圆角机身，从口袋里掏出来不会勾住。',
    ],
    alt: ['Tiny white wall charger', '白色迷你充电器'],
    options: { plug: plugs },
    price: [22_00, 22_90, 79_00],
    variants: [
      ['CH-NUB-US', 150],
      ['CH-NUB-EU', 133],
      ['CH-NUB-CN', 188],
    ],
    attributes: {
      output: ['30 W', '30 瓦'],
      ports: ['1 × USB-C', '1 个 USB-C'],
      dimensions: ['3.2 × 3.2 × 3.5 cm', '3.2 × 3.2 × 3.5 厘米'],
      weight: ['44 g', '44 克'],
    },
  }),
  draftProduct({
    slug: 'brick-65w-charger',
    brand: 'Voltmoss',
    categories: ['chargers'],
    title: ['Brick 65 W Three-Port Charger', 'Brick 65W 三口充电器'],
    description: [
      'Laptop, phone and earbuds from one socket. When something is plugged in, the power is shared again without interrupting the rest. The prongs fold away for travel.',
      '一个插座同时喂饱电脑、手机和耳机。插上新设备时自动重新分配功率，其他设备不会断充。插脚可折叠，出门不占地方。',
    ],
    alt: ['Dark green three-port charger', '深绿色三口充电器'],
    options: { plug: plugs },
    price: [45_00, 46_00, 169_00],
    compareAt: [52_00, 53_00, 199_00],
    variants: [
      ['CH-BRCK-US', 94],
      ['CH-BRCK-EU', 81],
      ['CH-BRCK-CN', 143],
    ],
    attributes: {
      output: ['65 W, 45 + 20 W shared', '65 瓦，双口 45 + 20 瓦'],
      ports: ['2 × USB-C, 1 × USB-A', '2 个 USB-C、1 个 USB-A'],
      weight: ['112 g', '112 克'],
    },
  }),
  draftProduct({
    slug: 'slab-100w-desktop-charger',
    brand: 'Voltmoss',
    categories: ['chargers'],
    title: ['Slab 100 W Desktop Charger', 'Slab 100W 桌面充电站'],
    description: [
      'A flat charging station with a long lead, so the power strip can stay under the desk. Four ports look at you instead of the wall, and a small row of lights shows which one works hardest.',
      '扁平的桌面充电站，自带长电源线，插线板可以安心留在桌下。四个接口朝着人而不是朝着墙，一排小灯告诉你哪个口功率最大。',
    ],
    alt: ['Flat desktop charger with four ports', '四口扁平桌面充电站'],
    price: [79_00, 82_00, 329_00],
    variants: [['CH-SLAB-100', 56]],
    attributes: {
      output: ['100 W in total', '总功率 100 瓦'],
      ports: ['3 × USB-C, 1 × USB-A', '3 个 USB-C、1 个 USB-A'],
      input: ['100-240 V, 1.8 m lead', '100-240 伏，1.8 米电源线'],
      weight: ['310 g', '310 克'],
    },
  }),
  draftProduct({
    slug: 'puck-wireless-charger',
    brand: 'Voltmoss',
    categories: ['chargers'],
    title: ['Puck Magnetic Wireless Charger', 'Puck 磁吸无线充电器'],
    description: [
      'Finds the middle of the phone by itself and holds on while you pick it up. The top is woven fabric, kind to glass backs; underneath, a ring of silicone keeps it on the night table.',
      '磁吸自动对准手机中心，拿起来接着用也不会掉。表面是织物，不磨玻璃后盖；底部一圈硅胶，稳稳待在床头柜上。',
    ],
    alt: ['Round fabric wireless charging puck', '织物面圆形无线充电器'],
    options: { colour: [colours.oat, colours.navy] },
    price: [35_00, 35_00, 129_00],
    variants: [
      ['CH-PUCK-OAT', 89],
      ['CH-PUCK-NVY', 107],
    ],
    attributes: {
      output: ['15 W', '15 瓦'],
      fits: ['Qi2 phones and cases up to 3 mm', '支持 Qi2 的手机，保护壳不超过 3 毫米'],
      connection: ['USB-C, 1.5 m cable attached', 'USB-C，自带 1.5 米线'],
    },
  }),
  draftProduct({
    slug: 'trio-charging-stand',
    brand: 'Voltmoss',
    categories: ['chargers', 'stands-and-hubs'],
    title: ['Trio 3-in-1 Charging Stand', 'Trio 三合一无线充电支架'],
    description: [
      'Phone upright, watch on its side, earbuds in the dish: one cable for the whole night table. In landscape the phone becomes the bedside clock. A heavy zinc foot lets you take the phone off with one hand.',
      '手机立着，手表侧挂，耳机放在托盘里，整个床头只要一根线。手机横放就是床头钟。锌合金底座够沉，单手就能把手机取下来。',
    ],
    alt: ['Charging stand with phone, watch and earbud places', '可放手机、手表、耳机的充电支架'],
    options: { colour: [colours.white, colours.black] },
    price: [89_00, 92_00, 369_00],
    variants: [
      ['CH-TRIO-WHT', 45],
      ['CH-TRIO-BLK', 3],
    ],
    attributes: {
      output: ['15 W + 5 W + 5 W', '15 瓦 + 5 瓦 + 5 瓦'],
      input: ['USB-C, 30 W charger needed', 'USB-C，需 30 瓦充电器'],
      weight: ['420 g', '420 克'],
    },
  }),
  draftProduct({
    slug: 'row-power-strip',
    brand: 'Voltmoss',
    categories: ['chargers'],
    title: ['Row Power Strip with USB', 'Row USB 插线板'],
    description: [
      'Sockets spaced for bulky adapters, two USB ports between them and a cloth-covered lead. The switch lights up softly, the fuse can be changed, and screw slots let it hang under the table.',
      '插孔间距加宽，大块头的适配器也不打架；中间两个 USB 口，外加一根布艺编织电源线。开关带柔和背光，保险丝可换，背面有挂孔，能装在桌板下面。',
    ],
    alt: ['Power strip with a fabric cable', '布艺电源线插线板'],
    options: { length: [twoMetres, threeMetres] },
    price: [39_00, 39_00, 119_00],
    variants: [
      ['PS-ROW-2M', 78],
      ['PS-ROW-3M', 64, [44_00, 44_00, 139_00]],
    ],
    attributes: {
      ports: ['4 sockets, 1 × USB-C, 1 × USB-A', '4 位插孔、1 个 USB-C、1 个 USB-A'],
      output: ['2500 W, USB 20 W', '2500 瓦，USB 20 瓦'],
      warranty: ['5 years', '5 年'],
    },
  }),
  draftProduct({
    slug: 'twine-usb-c-cable',
    brand: 'Voltmoss',
    categories: ['cables'],
    title: ['Twine Braided USB-C Cable', 'Twine 编织 USB-C 数据线'],
    description: [
      'Charges anything up to 100 watts and is bent thirty thousand times before we sell it. The cotton braid is dyed, not printed, and a small leather strap keeps the loop together.',
      '最高支持 100W 充电，出厂前每一批都抽检三万次弯折。棉线编织层是染色而不是印色，附一条小皮扣，收线不乱。',
    ],
    alt: ['Coiled coral USB-C cable', '盘好的珊瑚红 USB-C 数据线'],
    options: { length: [oneMetre, twoMetres], colour: [colours.coral, colours.grey, colours.black] },
    price: [14_90, 14_90, 49_00],
    variants: [
      ['CB-TWIN-1-COR', 84],
      ['CB-TWIN-1-GRY', 166],
      ['CB-TWIN-1-BLK', 200],
      ['CB-TWIN-2-COR', 61, [18_90, 18_90, 65_00]],
      ['CB-TWIN-2-GRY', 118, [18_90, 18_90, 65_00]],
      ['CB-TWIN-2-BLK', 147, [18_90, 18_90, 65_00]],
    ],
    attributes: {
      output: ['100 W (20 V, 5 A)', '100 瓦（20 伏 5 安）'],
      speed: ['480 Mbit/s', '480 兆比特/秒'],
      material: ['Cotton braid, aluminium', '棉编织、铝合金'],
    },
  }),
  draftProduct({
    slug: 'twine-usb-a-to-c-cable',
    brand: 'Voltmoss',
    categories: ['cables'],
    title: ['Twine USB-A to USB-C Cable', 'Twine USB-A 转 USB-C 数据线'],
    description: [
      'For the car, the hotel lamp and every charger that still has the old socket. The same cotton braid and strap as the other Twines. Short enough for a power bank, or long enough for the sofa.',
      '车里、酒店床头灯上，还有那些只有老接口的充电头，都用得上。和其他 Twine 一样是棉线编织，带小皮扣。短的配充电宝，长的够到沙发。',
    ],
    alt: ['Mustard USB-A to USB-C cable', '芥末黄 USB-A 转 USB-C 数据线'],
    options: { length: [halfMetre, twoMetres] },
    price: [9_90, 9_90, 29_00],
    variants: [
      ['CB-TWAC-05', 155],
      ['CB-TWAC-2', 122, [12_90, 12_90, 39_00]],
    ],
    attributes: {
      output: ['15 W', '15 瓦'],
      speed: ['480 Mbit/s', '480 兆比特/秒'],
      material: ['Cotton braid, aluminium', '棉编织、铝合金'],
    },
  }),
  draftProduct({
    slug: 'loom-hdmi-cable',
    brand: 'Clearmoor',
    categories: ['cables'],
    title: ['Loom 8K HDMI Cable', 'Loom 8K HDMI 线'],
    description: [
      'Carries 8K at 60 or 4K at 120 frames without dropouts, because the four pairs are shielded one by one. Short connectors leave room behind a wall-mounted screen.',
      '四组线对逐一屏蔽，8K 60 帧、4K 120 帧都能稳定传输，不黑屏不闪断。接头做短，壁挂电视后面也插得下。',
    ],
    alt: ['Black HDMI cable in a loop', '盘成一圈的黑色 HDMI 线'],
    options: { length: [oneMetre, twoMetres, fiveMetres] },
    price: [18_00, 18_00, 59_00],
    variants: [
      ['CB-LOOM-1', 72],
      ['CB-LOOM-2', 109, [22_00, 22_00, 75_00]],
      ['CB-LOOM-5', 5, [34_00, 35_00, 119_00]],
    ],
    attributes: {
      speed: ['48 Gbit/s', '48 吉比特/秒'],
      resolution: ['8K60, 4K120, HDR', '8K60、4K120、HDR'],
      warranty: ['10 years', '10 年'],
    },
  }),
  draftProduct({
    slug: 'ribbon-ethernet-cable',
    brand: 'Clearmoor',
    categories: ['cables'],
    title: ['Ribbon Flat Ethernet Cable', 'Ribbon 扁平网线'],
    description: [
      'Two millimetres thin, so it runs under carpets and along skirting boards without a bump. Ten white clips and their nails come in the box. Cat 6A over the whole length.',
      '厚仅 2 毫米，铺在地毯下、沿着踢脚线走都不鼓包。盒内附十个白色线卡和钉子。全长达到 Cat 6A 标准。',
    ],
    alt: ['Flat sky-blue network cable', '天蓝色扁平网线'],
    options: { length: [twoMetres, fiveMetres, ['10 m', '10 米']] },
    price: [11_00, 10_90, 32_00],
    variants: [
      ['CB-RIBN-2', 98],
      ['CB-RIBN-5', 85, [15_00, 14_90, 45_00]],
      ['CB-RIBN-10', 49, [22_00, 21_90, 69_00]],
    ],
    attributes: {
      speed: ['10 Gbit/s', '10 吉比特/秒'],
      dimensions: ['7 × 2 mm', '7 × 2 毫米'],
      warranty: ['10 years', '10 年'],
    },
  }),
  draftProduct({
    slug: 'pocket-10k-power-bank',
    brand: 'Voltmoss',
    categories: ['power-banks'],
    title: ['Pocket 10,000 mAh Power Bank', 'Pocket 10000 毫安时充电宝'],
    description: [
      'Two full phones in the size of a deck of cards, with its own short cable that doubles as the carrying loop. Four dots show what is left. Allowed in hand luggage everywhere.',
      '一副扑克牌大小，能给手机充满两次；自带的短线同时也是手提绳。四个小圆点显示剩余电量，带上飞机没有问题。',
    ],
    alt: ['Small rounded power bank with a cable loop', '带线环的圆角小充电宝'],
    options: { colour: [colours.sky, colours.apricot, colours.graphite] },
    price: [35_00, 36_00, 129_00],
    variants: [
      ['PB-PCKT-SKY', 76],
      ['PB-PCKT-APR', 58],
      ['PB-PCKT-GRA', 131],
    ],
    attributes: {
      capacity: ['10,000 mAh, 37 Wh', '10000 毫安时，37 瓦时'],
      output: ['22.5 W', '22.5 瓦'],
      ports: ['USB-C cable, USB-C', '自带 USB-C 线、USB-C 口'],
      weight: ['186 g', '186 克'],
    },
  }),
  draftProduct({
    slug: 'reserve-20k-power-bank',
    brand: 'Voltmoss',
    categories: ['power-banks'],
    title: ['Reserve 20,000 mAh Laptop Power Bank', 'Reserve 20000 毫安时笔记本充电宝'],
    description: [
      'Enough to bring a flat laptop through an afternoon: 65 watts out of one port, and back to full in under two hours. The display gives watts and minutes instead of a guess. Within the 100 Wh limit for flights.',
      '没电的笔记本电脑靠它能撑过一个下午：单口 65W 输出，自身充满不到两小时。屏幕直接显示功率和剩余分钟数，不用猜。不超过 100 瓦时，可以随身登机。',
    ],
    alt: ['Large dark power bank with a small display', '带小屏幕的深色大容量充电宝'],
    price: [79_00, 82_00, 319_00],
    variants: [['PB-RSRV-20K', 62]],
    attributes: {
      capacity: ['20,000 mAh, 74 Wh', '20000 毫安时，74 瓦时'],
      output: ['65 W', '65 瓦'],
      ports: ['2 × USB-C, 1 × USB-A', '2 个 USB-C、1 个 USB-A'],
      weight: ['428 g', '428 克'],
    },
  }),
]
