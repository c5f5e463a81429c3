import type { ProductDraft } from '../draft.contract.ts'
import { draftProduct } from './draft-builder.ts'
import { colours } from './translations.ts'

const dotted = ['Dot grid', '点阵'] as const
const ruled = ['Ruled', '横线'] as const
const plain = ['Plain', '空白'] as const

export const deskProducts: ProductDraft[] = [
  draftProduct({
    slug: 'vantage-webcam',
    brand: 'Clearmoor',
    categories: ['webcams-and-microphones'],
    title: ['Vantage 1080p Webcam', 'Vantage 1080p 摄像头'],
    description: [
      'A plain good webcam: sharp at arm’s length, fair to every skin tone and not afraid of a window behind you. The shutter is a real slide, not a promise in software. Clips to a lid or screws onto a tripod.',
      '一款老老实实的好摄像头：一臂之内清晰锐利，肤色还原自然，背后是窗户也不怕逆光。隐私挡片是看得见的滑盖，而不是软件里的一句承诺。可夹在屏幕上，也能拧上三脚架。',
    ],
    alt: ['Round webcam on a monitor clip', '夹式圆形摄像头'],
    price: [49_00, 49_00, 229_00],
    variants: [['WC-VANT-1080', 117]],
    attributes: {
      resolution: ['1080p at 60 fps', '1080p，60 帧'],
      view: '78°',
      focus: ['Fixed, 40 cm to infinity', '定焦，40 厘米至无穷远'],
      connection: ['USB-C, adapter to USB-A', 'USB-C，附 USB-A 转接头'],
    },
  }),
  draftProduct({
    slug: 'vantage-pro-4k-webcam',
    brand: 'Clearmoor',
    categories: ['webcams-and-microphones'],
    title: ['Vantage Pro 4K Webcam', 'Vantage Pro 4K 摄像头'],
    description: [
      'A larger sensor and a glass lens make evening calls look like daytime. It follows you when you stand up to draw on the board, and stops when you tell it to. Two microphones pick up the speaker and leave out the keyboard.',
      '更大的传感器加玻璃镜头，晚上开会也像白天一样清楚。起身去白板前讲解时画面会跟着你走，不想让它跟，随时可以关。双麦克风只收人声，键盘声拦在外面。',
    ],
    alt: ['Rectangular 4K webcam with a large lens', '大镜头长方形 4K 摄像头'],
    price: [139_00, 145_00, 799_00],
    compareAt: [159_00, 165_00, 899_00],
    variants: [['WC-VANT-4K', 41]],
    attributes: {
      resolution: ['4K at 30 fps, 1080p at 60 fps', '4K 30 帧，1080p 60 帧'],
      view: ['65° to 90°', '65° 至 90°'],
      focus: ['Phase detection autofocus', '相位对焦'],
      connection: 'USB-C 3.0',
      weight: ['162 g', '162 克'],
    },
  }),
  draftProduct({
    slug: 'bramble-usb-microphone',
    brand: 'Hushwell',
    categories: ['webcams-and-microphones'],
    title: ['Bramble USB Microphone', 'Bramble USB 麦克风'],
    description: [
      'A side-address condenser for podcasts, lessons and long calls. Tap the top to mute; the ring tells you in one glance. The stand unscrews and the thread fits any arm.',
      '侧收式电容麦克风，录播客、上网课、开长会都合适。轻触顶部即可静音，指示环一眼就能看清。底座可拆，螺口通用各种悬臂支架。',
    ],
    alt: ['Studio microphone on a round desk stand', '圆底座桌面麦克风'],
    options: { colour: [colours.black, colours.ivory] },
    price: [89_00, 89_00, 459_00],
    variants: [
      ['MC-BRAM-BLK', 59],
      ['MC-BRAM-IVO', 34],
    ],
    attributes: {
      pattern: ['Cardioid', '心形指向'],
      resolution: ['24 bit / 96 kHz', '24 位 / 96 千赫'],
      connection: ['USB-C, 3.5 mm monitoring', 'USB-C，3.5 毫米监听'],
      weight: ['480 g', '480 克'],
    },
  }),
  draftProduct({
    slug: 'ledge-laptop-stand',
    brand: 'Clearmoor',
    categories: ['stands-and-hubs'],
    title: ['Ledge Laptop Stand', 'Ledge 笔记本电脑支架'],
    description: [
      'Raises the screen by fifteen centimetres so that you look ahead instead of down. One folded sheet of aluminium, no hinge to wobble, air all round the fans. Keyboard and mouse slide in underneath at the end of the day.',
      '把屏幕抬高 15 厘米，平视就好，不必低头。整块铝板折弯成形，没有转轴，不会摇晃，四面通风散热。下班时键盘鼠标往底下一推，桌面就空了。',
    ],
    alt: ['Aluminium stand holding a laptop', '托着笔记本电脑的铝合金支架'],
    options: { colour: [colours.silver, colours.graphite] },
    price: [55_00, 55_00, 199_00],
    variants: [
      ['ST-LEDG-SLV', 103],
      ['ST-LEDG-GRA', 66],
    ],
    attributes: {
      fits: ['Laptops from 11 to 17 inch, up to 8 kg', '11 至 17 英寸笔记本电脑，承重 8 千克'],
      material: ['Anodised aluminium, silicone pads', '阳极氧化铝、硅胶垫'],
      weight: ['1.2 kg', '1.2 千克'],
    },
  }),
  draftProduct({
    slug: 'harbour-7-usb-c-hub',
    brand: 'Voltmoss',
    categories: ['stands-and-hubs'],
    title: ['Harbour 7-Port USB-C Hub', 'Harbour 七合一 USB-C 扩展坞'],
    description: [
      'One cable to the laptop, seven things on the other side, and the laptop keeps charging. The lead is fixed at the back and folds into the case, so it never gets lost. Runs warm, never hot: the case is the heat sink.',
      '一根线接电脑，另一头七个接口，同时还能给电脑充电。连接线固定在机身背面，用完折进槽里，不会弄丢。整个金属外壳就是散热片，用久了只是温热。',
    ],
    alt: ['Slim grey USB-C hub with a short cable', '带短线的灰色 USB-C 扩展坞'],
    price: [59_00, 62_00, 249_00],
    variants: [['HB-HARB-7', 138]],
    attributes: {
      ports: ['HDMI 4K60, 2 × USB-A, USB-C, SD, microSD, Ethernet', 'HDMI 4K60、2 × USB-A、USB-C、SD、microSD、网口'],
      input: ['USB-C up to 100 W', 'USB-C，最高 100 瓦'],
      dimensions: ['11.5 × 3.6 × 1.4 cm', '11.5 × 3.6 × 1.4 厘米'],
      weight: ['96 g', '96 克'],
    },
  }),
  draftProduct({
    slug: 'perch-headphone-stand',
    brand: 'Foliander',
    categories: ['stands-and-hubs', 'headphones'],
    title: ['Perch Headphone Stand', 'Perch 耳机支架'],
    description: [
      'A bent-wood arch on a weighted foot, wide enough not to dent a soft headband. The shallow tray collects earbuds, rings and the dongle you are always looking for.',
      '弯曲木拱架配加重底座，弧面够宽，不会压坏柔软的头梁。底座上的浅盘可以放耳机、戒指，还有那个总也找不到的接收器。',
    ],
    alt: ['Bent-wood headphone stand with coral headphones', '弯曲木耳机支架，挂着珊瑚红耳机'],
    options: {
      wood: [
        ['Oak', '橡木'],
        ['Walnut', '胡桃木'],
      ],
    },
    price: [42_00, 39_00, 169_00],
    variants: [
      ['ST-PRCH-OAK', 48],
      ['ST-PRCH-WAL', 37],
    ],
    attributes: {
      material: ['Laminated wood, steel core', '层压木、钢芯'],
      dimensions: ['12 × 12 × 26 cm', '12 × 12 × 26 厘米'],
      weight: ['640 g', '640 克'],
    },
  }),
  draftProduct({
    slug: 'foliander-a5-notebook',
    brand: 'Foliander',
    categories: ['notebooks'],
    title: ['Field & Desk A5 Notebook', 'Field & Desk A5 笔记本'],
    description: [
      'Sewn so that it lies flat from the first page, on 100-gram paper that takes fountain pen without ghosting. Pages are numbered, the index is at the front and the last sixteen sheets tear out cleanly.',
      '锁线装订，从第一页起就能完全摊平；100 克纸，钢笔书写不洇不透。每页印有页码，扉页后附目录，最后 16 张可以整齐撕下。',
    ],
    alt: ['Forest green notebook with an elastic band', '带松紧带的森林绿笔记本'],
    options: { colour: [colours.forest, colours.terracotta], ruling: [dotted, ruled, plain] },
    price: [19_50, 18_50, 68_00],
    variants: [
      ['NB-A5-FOR-DOT', 160],
      ['NB-A5-FOR-RUL', 96],
      ['NB-A5-FOR-PLN', 42],
      ['NB-A5-TER-DOT', 112],
      ['NB-A5-TER-RUL', 70],
      ['NB-A5-TER-PLN', 4],
    ],
    attributes: {
      paper: ['100 g/m², acid-free', '100 克/平方米，无酸纸'],
      pages: ['208, numbered', '208 页，印页码'],
      binding: ['Thread-sewn, lies flat', '锁线，可摊平'],
      dimensions: ['14.8 × 21 cm', '14.8 × 21 厘米'],
    },
  }),
  draftProduct({
    slug: 'pocket-notebook-trio',
    brand: 'Foliander',
    categories: ['notebooks'],
    title: ['Pocket Notebook, Set of Three', '口袋本三册装'],
    description: [
      'Three stapled books, thin enough for a shirt pocket: one for lists, one for ideas and one to give away. The covers are uncoated board and look better the longer you carry them.',
      '三本骑马钉小册子，薄得能放进衬衫口袋：一本记清单，一本记点子，还有一本送人。封面是不覆膜的卡纸，越用越有味道。',
    ],
    alt: ['Three small notebooks in coral, mustard and navy', '珊瑚红、芥末黄、藏青三本小册子'],
    options: { ruling: [dotted, plain] },
    price: [12_00, 11_50, 39_00],
    variants: [
      ['NB-PKT-DOT', 190],
      ['NB-PKT-PLN', 125],
    ],
    attributes: {
      paper: ['80 g/m² recycled', '80 克/平方米再生纸'],
      pages: ['3 × 48', '3 × 48 页'],
      dimensions: ['9 × 14 cm', '9 × 14 厘米'],
    },
  }),
  draftProduct({
    slug: 'tally-weekly-planner',
    brand: 'Foliander',
    categories: ['notebooks'],
    title: ['Tally Undated Weekly Planner', 'Tally 无日期周计划本'],
    description: [
      'Fifty-four weeks without dates, so it can begin on any Monday and skip a holiday. Each spread has seven columns and one honest box: what would make this week enough. Wire-bound, turns right round on a crowded desk.',
      '54 周，不印日期，哪个星期一开始都行，放假就跳过。每个对页有七栏，外加一格留给自己：这周做到什么就够了。双线圈装订，桌面再挤也能翻折过去。',
    ],
    alt: ['Wire-bound planner in apricot', '杏色线圈周计划本'],
    options: { colour: [colours.apricot, colours.blue] },
    price: [24_00, 23_00, 79_00],
    variants: [
      ['PL-TALY-APR', 51],
      ['PL-TALY-BLU', 67],
    ],
    attributes: {
      paper: ['120 g/m²', '120 克/平方米'],
      pages: ['128', '128 页'],
      binding: ['Twin-wire', '双线圈'],
    },
  }),
  draftProduct({
    slug: 'ember-fountain-pen',
    brand: 'Foliander',
    categories: ['pens'],
    title: ['Ember Fountain Pen', 'Ember 钢笔'],
    description: [
      'A first good fountain pen: a steel nib that starts at once, a brass barrel with some weight to it and a cap that seals for weeks. Takes standard cartridges; a converter is in the box.',
      '入门就用一支好钢笔：钢尖下水利落，黄铜笔身握着有分量，笔帽密封，搁上几周也不干。通用标准墨囊，盒内附吸墨器。',
    ],
    alt: ['Copper fountain pen beside its cap', '紫铜色钢笔与笔帽'],
    options: {
      nib: [
        ['Extra fine', 'EF 尖'],
        ['Fine', 'F 尖'],
        ['Medium', 'M 尖'],
      ],
    },
    price: [45_00, 42_00, 198_00],
    variants: [
      ['PN-EMBR-EF', 0],
      ['PN-EMBR-F', 0],
      ['PN-EMBR-M', 0],
    ],
    attributes: {
      material: ['Brass, steel nib', '黄铜、钢尖'],
      ink: ['Standard international cartridge or converter', '国际标准墨囊或吸墨器'],
      weight: ['34 g', '34 克'],
    },
  }),
  draftProduct({
    slug: 'marsh-gel-pens',
    brand: 'Foliander',
    categories: ['pens'],
    title: ['Marsh Gel Pens, Set of Five', 'Marsh 中性笔五支装'],
    description: [
      'Five muted inks taken from a walk along the water: peat, reed, heron, plum and ink. They dry in a second, so left-handers stay clean. Refills are sold everywhere.',
      '五种低饱和墨色，取自一次水边散步：泥炭、芦苇、苍鹭、李子和墨黑。一秒速干，左撇子也不会蹭脏手。笔芯为通用规格，随处能买。',
    ],
    alt: ['Five gel pens in muted colours', '五支柔和色中性笔'],
    price: [14_00, 13_50, 45_00],
    variants: [['PN-MRSH-5', 174]],
    attributes: {
      ink: ['Water-based gel, 0.5 mm', '水性中性墨，0.5 毫米'],
      material: ['Recycled plastic', '再生塑料'],
      dimensions: ['14.2 cm long', '长 14.2 厘米'],
    },
  }),
]
