import type { ProductDraft } from '../draft.contract.ts'
import { draftProduct } from './draft-builder.ts'
import { colours } from './translations.ts'

export const bagProducts: ProductDraft[] = [
  draftProduct({
    slug: 'ridge-daypack-22l',
    brand: 'Ottermere',
    categories: ['backpacks'],
    title: ['Ridge Daypack 22 L', 'Ridge 22 升日用双肩包'],
    description: [
      'A day bag that stands up by itself and opens wide enough to find things. The laptop hangs clear of the floor, the back is ventilated and the bottle pockets hold a full litre. Woven from recycled bottles, repaired by us for life.',
      '放下来能自己站住，拉链开口大，东西一眼找得到。电脑隔层悬空，不怕磕底；背板透气，侧袋装得下一升的水壶。面料由回收塑料瓶织成，终身保修。',
    ],
    alt: ['Navy backpack with a front pocket', '带前袋的藏青双肩包'],
    options: { colour: [colours.navy, colours.olive, colours.terracotta] },
    price: [95_00, 92_00, 429_00],
    variants: [
      ['BP-RIDG-NVY', 63],
      ['BP-RIDG-OLV', 49],
      ['BP-RIDG-TER', 22],
    ],
    attributes: {
      capacity: ['22 l', '22 升'],
      laptop: ['Up to 16 inch', '最大 16 英寸'],
      material: ['Recycled polyester, DWR', '再生涤纶，防泼水'],
      weight: ['820 g', '820 克'],
      warranty: ['Lifetime repairs', '终身维修'],
    },
  }),
  draftProduct({
    slug: 'ferry-rolltop-backpack',
    brand: 'Ottermere',
    categories: ['backpacks'],
    title: ['Ferry Roll-Top Commuter Backpack', 'Ferry 卷口通勤双肩包'],
    description: [
      'Rolls down for the laptop and lunch, up for the groceries on the way home. Welded seams keep a day of rain outside, and the side zip reaches the laptop without unrolling. Reflective loops for a bike light.',
      '上班装电脑和午饭，卷紧就好；下班买菜，往上一放就变大。热压接缝，下一天雨里面也是干的；侧面拉链不用打开卷口就能取电脑。反光织带可以挂自行车灯。',
    ],
    alt: ['Mustard roll-top backpack with a buckle strap', '带扣带的芥末黄卷口双肩包'],
    options: {
      size: [
        ['18-24 l', '18-24 升'],
        ['24-32 l', '24-32 升'],
      ],
      colour: [colours.mustard, colours.black],
    },
    price: [129_00, 129_00, 599_00],
    variants: [
      ['BP-FERR-S-MUS', 28],
      ['BP-FERR-S-BLK', 52],
      ['BP-FERR-L-MUS', 20, [145_00, 145_00, 679_00]],
      ['BP-FERR-L-BLK', 36, [145_00, 145_00, 679_00]],
    ],
    attributes: {
      laptop: ['Up to 16 inch, side access', '最大 16 英寸，侧开'],
      waterproof: ['Welded, rainproof', '热压防雨'],
      material: ['TPU-coated nylon', 'TPU 涂层尼龙'],
      weight: ['1.05 kg', '1.05 千克'],
    },
  }),
  draftProduct({
    slug: 'burrow-mini-backpack',
    brand: 'Ottermere',
    categories: ['backpacks'],
    title: ['Burrow Children’s Backpack', 'Burrow 儿童双肩包'],
    description: [
      'A first backpack with ears, for nursery and the zoo. The chest clip stops it sliding off, the name goes inside and not where strangers read it, and everything wipes clean.',
      '孩子的第一个双肩包，头上长着小耳朵，上幼儿园、逛动物园都背它。胸扣防滑落，姓名条缝在里面，不让陌生人看见；脏了用湿布一擦就好。',
    ],
    alt: ['Small apricot children’s backpack with ears', '带小耳朵的杏色儿童双肩包'],
    options: { colour: [colours.apricot, colours.mint] },
    price: [39_00, 38_00, 149_00],
    variants: [
      ['BP-BURR-APR', 55],
      ['BP-BURR-MNT', 60],
    ],
    attributes: {
      capacity: ['7 l', '7 升'],
      fits: ['Ages 2 to 6', '2-6 岁'],
      weight: ['260 g', '260 克'],
    },
  }),
  draftProduct({
    slug: 'fold-laptop-sleeve',
    brand: 'Ottermere',
    categories: ['sleeves-and-pouches'],
    title: ['Fold Felt Laptop Sleeve', 'Fold 羊毛毡电脑内胆包'],
    description: [
      'Felt outside, soft fleece inside and a leather flap that closes without scratching. The front pocket takes the charger, flat. Cut to the case and not to the screen, so it fits snugly.',
      '外层羊毛毡，内衬软绒，皮质翻盖开合不刮花机身。前袋平平地放下充电器。按机身而不是按屏幕尺寸裁剪，装进去刚刚好。',
    ],
    alt: ['Grey felt sleeve with a tan leather flap', '棕色皮翻盖的灰色毛毡内胆包'],
    options: {
      size: [
        ['14 inch', '14 英寸'],
        ['16 inch', '16 英寸'],
      ],
      colour: [colours.grey, colours.charcoal],
    },
    price: [45_00, 44_00, 159_00],
    variants: [
      ['SL-FOLD-14-GRY', 73],
      ['SL-FOLD-14-CHA', 65],
      ['SL-FOLD-16-GRY', 38, [49_00, 48_00, 179_00]],
      ['SL-FOLD-16-CHA', 31, [49_00, 48_00, 179_00]],
    ],
    attributes: {
      material: ['Wool felt, vegetable-tanned leather', '羊毛毡、植鞣皮'],
      care: ['Brush off', '软刷除尘'],
      weight: ['240 g', '240 克'],
    },
  }),
  draftProduct({
    slug: 'nook-tech-pouch',
    brand: 'Ottermere',
    categories: ['sleeves-and-pouches'],
    title: ['Nook Tech Pouch', 'Nook 数码收纳包'],
    description: [
      'Cables, charger, mouse and the little adapters in one place. It opens like a book and stands up on a train table. Elastic in three widths, one pocket with a zip for the things that must not get out.',
      '数据线、充电器、鼠标和各种小转接头，统统归到一处。像书一样打开，放在高铁小桌板上能立住。三种宽度的弹力带，外加一个拉链袋，专放不能丢的东西。',
    ],
    alt: ['Blue zip pouch with a cable peeking out', '露出一截数据线的蓝色拉链收纳包'],
    options: { colour: [colours.blue, colours.sand, colours.black] },
    price: [38_00, 37_00, 129_00],
    variants: [
      ['PO-NOOK-BLU', 82],
      ['PO-NOOK-SND', 59],
      ['PO-NOOK-BLK', 5],
    ],
    attributes: {
      capacity: ['2 l', '2 升'],
      material: ['Recycled nylon', '再生尼龙'],
      dimensions: ['24 × 15 × 7 cm', '24 × 15 × 7 厘米'],
    },
  }),
  draftProduct({
    slug: 'market-canvas-tote',
    brand: 'Ottermere',
    categories: ['sleeves-and-pouches'],
    title: ['Market Canvas Tote', 'Market 帆布托特包'],
    description: [
      'Heavy canvas with handles long enough for a shoulder in a winter coat. A flat inner pocket holds a tablet, and the bottom is doubled so that it carries bottles. Softens with every wash.',
      '厚实的帆布，提手够长，穿着冬天的大衣也能上肩。内侧平袋放平板，包底双层加固，装几瓶酒也不怕。越洗越软。',
    ],
    alt: ['Natural canvas tote with coral handles', '珊瑚红提手的本色帆布托特包'],
    options: { colour: [colours.oat, colours.forest] },
    price: [28_00, 26_00, 89_00],
    variants: [
      ['BG-MRKT-OAT', 127],
      ['BG-MRKT-FOR', 75],
    ],
    attributes: {
      capacity: ['16 l', '16 升'],
      material: ['18 oz organic cotton canvas', '18 盎司有机棉帆布'],
      care: ['Machine wash cold', '冷水机洗'],
    },
  }),
]
