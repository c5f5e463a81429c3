import type { Locale } from '#schemas'

/** Names of an address's parts, by libaddressinput's name types. */
const labels: Readonly<Record<string, Readonly<Record<Locale, string>>>> = {
  name: { en: 'name', zh: '姓名' },
  line1: { en: 'address', zh: '详细地址' },
  city: { en: 'city', zh: '城市' },
  post_town: { en: 'town or city', zh: '城镇' },
  district: { en: 'district', zh: '地区' },
  suburb: { en: 'suburb', zh: '市郊' },
  province: { en: 'province', zh: '省份' },
  state: { en: 'state', zh: '州' },
  prefecture: { en: 'prefecture', zh: '都道府县' },
  county: { en: 'county', zh: '县' },
  region: { en: 'region', zh: '地区' },
  area: { en: 'area', zh: '区域' },
  emirate: { en: 'emirate', zh: '酋长国' },
  island: { en: 'island', zh: '岛屿' },
  department: { en: 'department', zh: '省' },
  do_si: { en: 'province or city', zh: '道／市' },
  oblast: { en: 'oblast', zh: '州' },
  parish: { en: 'parish', zh: '教区' },
  postal: { en: 'postal code', zh: '邮政编码' },
  zip: { en: 'ZIP code', zh: '邮政编码' },
  pin: { en: 'PIN code', zh: '邮政编码' },
  eircode: { en: 'Eircode', zh: '邮政编码' },
}

export const labelOf = (label: string, locale: Locale): string => labels[label]?.[locale] ?? label
