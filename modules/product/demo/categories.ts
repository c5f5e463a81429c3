import type { CategoryDraft } from '../draft.contract.ts'
import type { BilingualText } from './draft-builder.ts'
import { textOf } from './draft-builder.ts'

interface Branch {
  slug: string
  name: BilingualText
  leaves: readonly (readonly [slug: string, name: BilingualText])[]
}

const branches: readonly Branch[] = [
  {
    slug: 'audio',
    name: ['Audio', '影音'],
    leaves: [
      ['headphones', ['Headphones', '头戴式耳机']],
      ['earbuds', ['Earbuds', '入耳式耳机']],
      ['speakers', ['Speakers & Radios', '音箱与收音机']],
    ],
  },
  {
    slug: 'keyboards-and-mice',
    name: ['Keyboards & Mice', '键盘与鼠标'],
    leaves: [
      ['keyboards', ['Keyboards', '键盘']],
      ['mice', ['Mice', '鼠标']],
      ['desk-mats', ['Desk Mats & Rests', '桌垫与腕托']],
    ],
  },
  {
    slug: 'desk',
    name: ['Desk & Paper', '书桌与文具'],
    leaves: [
      ['webcams-and-microphones', ['Webcams & Microphones', '摄像头与麦克风']],
      ['stands-and-hubs', ['Stands & Hubs', '支架与扩展坞']],
      ['notebooks', ['Notebooks & Planners', '笔记本与手账']],
      ['pens', ['Pens', '笔']],
    ],
  },
  {
    slug: 'power',
    name: ['Power & Cables', '充电与线材'],
    leaves: [
      ['chargers', ['Chargers', '充电器']],
      ['cables', ['Cables', '数据线']],
      ['power-banks', ['Power Banks', '充电宝']],
    ],
  },
  {
    slug: 'lighting',
    name: ['Lighting', '灯具'],
    leaves: [
      ['desk-lamps', ['Desk Lamps', '台灯']],
      ['room-lamps', ['Room Lamps', '居室灯']],
      ['small-lights', ['Small Lights & Bulbs', '小灯与灯泡']],
    ],
  },
  {
    slug: 'kitchen',
    name: ['Kitchen', '厨房'],
    leaves: [
      ['kettles', ['Kettles', '水壶']],
      ['coffee-and-tea', ['Coffee & Tea', '咖啡与茶']],
      ['mugs-and-bottles', ['Mugs & Bottles', '杯子与水瓶']],
    ],
  },
  {
    slug: 'bags',
    name: ['Bags', '箱包'],
    leaves: [
      ['backpacks', ['Backpacks', '双肩包']],
      ['sleeves-and-pouches', ['Sleeves & Pouches', '内胆包与收纳包']],
    ],
  },
]

/** Root and leaf categories, each parent before its children. */
export const demoCategories: CategoryDraft[] = branches.flatMap(({ slug: parent, name, leaves }, rootPosition) => [
  { slug: parent, name: textOf(name), parent: null, position: rootPosition },
  ...leaves.map(([slug, leafName], position) => ({ slug, name: textOf(leafName), parent, position })),
])
