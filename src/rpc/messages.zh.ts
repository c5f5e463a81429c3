/** Catalog of messages in Chinese, as in gettext: the key is the English message; `{}` stands for a value in it. */
export const chinese: Readonly<Record<string, string>> = {
  // The error table
  'The request is not valid. Correct it before trying again.': '请求无效，请更正后再试。',
  'The shop does not sell in this currency.': '本店不支持此货币。',
  'The shop does not deliver to this country.': '本店不配送到此国家或地区。',
  'This product has no price in the currency of the cart.': '此商品没有购物车货币的价格。',
  'Log in first.': '请先登录。',
  'E-mail or password is wrong.': '电子邮件或密码错误。',
  'This account may not do that.': '此账户无权执行该操作。',
  'Nothing was found at this address or id. Check it and try again.': '未找到该地址或编号，请检查后再试。',
  'Queries are GET, mutations are POST.': '查询使用 GET，变更使用 POST。',
  'The request is too large. Send less data.': '请求过大，请减少数据。',
  'Send JSON with content-type application/json.': '请以 content-type application/json 发送 JSON。',
  'An account with this e-mail exists. Log in instead.': '此电子邮件已注册，请直接登录。',
  'This password is easy to guess. Choose another one, such as four words that have nothing to do with each other.':
    '此密码容易被猜到，请换一个，例如四个互不相关的词。',
  'This cart has been ordered already. Start a new one.': '此购物车已下单，请新建购物车。',
  'This code does not exist or has expired.': '此优惠码不存在或已过期。',
  'The cart is full. Remove a line before adding another.': '购物车已满，请先删除一项。',
  'The current state of the order does not allow this. Reload the order.': '订单当前状态不允许此操作，请刷新订单。',
  'This idempotency key was used with a different request. Use a new key.': '此幂等键已用于其他请求，请使用新的键。',
  'The first request with this key is still being handled. Retry with the same key.':
    '使用此键的首个请求仍在处理，请用相同的键重试。',
  'Too many attempts. Wait a little and try again.': '尝试次数过多，请稍后再试。',
  'Something went wrong on our side. The error was logged; try again in a moment.':
    '我们这边出了问题，错误已记录，请稍后再试。',
  'The shop cannot do this right now. Nothing was changed; try again in a moment.':
    '暂时无法处理，未做任何更改，请稍后再试。',
  'It is not known yet whether this took effect. Retry with the same idempotency key to find out.':
    '尚不清楚操作是否生效，请用相同的幂等键重试以确认。',

  // Fields
  'must not contain control or invisible characters: type it again instead of pasting it':
    '不能包含控制字符或不可见字符，请重新输入，不要粘贴',
  'must be a name, without web or e-mail addresses': '必须是姓名，不能包含网址或电子邮件地址',
  'must be an ISO 4217 code such as USD': '必须是 ISO 4217 货币代码，例如 CNY',
  'must be an ISO 3166 alpha-2 code such as DE': '必须是 ISO 3166 两位国家或地区代码，例如 CN',
  'must be a time with its offset, such as 2026-11-22T12:00:00Z or 2026-11-22T14:00:00+02:00':
    '必须是带时区的时间，例如 2026-11-22T12:00:00Z 或 2026-11-22T20:00:00+08:00',
  'must be an id issued by the shop': '必须是本店签发的编号',
  'must be an e-mail address such as ann@example.com': '必须是电子邮件地址，例如 ann@example.com',
  'must be an address such as https://carrier.example/1': '必须是网址，例如 https://carrier.example/1',
  'must have at least 8 characters': '至少 8 个字符',
  'is too long': '太长',
  'must not be 0': '不能为 0',
  'The new password must differ from the current one.': '新密码不能与当前密码相同。',
  'The current password is wrong.': '当前密码错误。',
  'There is no such session. Reload the list.': '没有此会话，请刷新列表。',

  // Requests
  'There is no such procedure.': '没有此接口。',
  'The request cannot be read: check its JSON and its batch size.': '无法读取请求，请检查 JSON 和批量大小。',
  'Text must be well-formed Unicode without NUL characters.': '文本必须是有效的 Unicode，且不含 NUL 字符。',
  'The input is nested too deeply.': '输入嵌套过深。',
  'order.place does not travel in a batch. Send it alone.': 'order.place 不能批量发送，请单独发送。',
  'The session has expired or was ended. Log in again.': '会话已过期或已结束，请重新登录。',
  'The header host is given twice.': 'host 标头重复。',
  'Too many pages follow this already. Close some of them, or reload this one to see what is new.':
    '已有太多页面在关注此订单，请关闭其中一些，或刷新本页查看最新状态。',
  'The header host is not a host.': 'host 标头不是有效的主机。',
  'The address must be percent-encoded UTF-8.': '网址必须是百分号编码的 UTF-8。',
  'Requests from this origin are not allowed.': '不允许来自此来源的请求。',
  'The body must be JSON in UTF-8.': '请求正文必须是 UTF-8 编码的 JSON。',
  'This cursor does not belong to this query. Leave it out to begin at the first page.':
    '此游标不属于该查询，请省略以从第一页开始。',
  'The shop is being maintained: nothing can be ordered or changed for some minutes.':
    '本店正在维护，几分钟内无法下单或更改。',
  'Too many attempts. Try again in {} seconds.': '尝试次数过多，请在 {} 秒后再试。',
  'Too many attempts. Try again in {} second.': '尝试次数过多，请在 {} 秒后再试。',
  'Too many attempts. Try again in {} minutes.': '尝试次数过多，请在 {} 分钟后再试。',
  'Too many attempts. Try again in {} minute.': '尝试次数过多，请在 {} 分钟后再试。',

  // Carts and orders
  'The shop sells in {}.': '本店支持的货币：{}。',
  'The shop does not sell this SKU.': '本店不销售此商品。',
  'There is no such cart.': '没有此购物车。',
  'There is no such category.': '没有此分类。',
  'There is no such product.': '没有此商品。',
  'There is no such order, or it is not yours.': '没有此订单，或该订单不属于您。',
  'There is no such order.': '没有此订单。',
  'This payment method is not offered.': '不提供此付款方式。',
  'This shipping option is not offered to this address.': '此配送方式不适用于该地址。',
  'Give an e-mail address for the confirmation, or log in.': '请提供用于接收确认的电子邮件地址，或登录。',
  'Give the token of the card that the payment provider has issued.': '请提供支付服务商签发的银行卡令牌。',
  'A payment for this order is under way. Wait for its result.': '此订单正在付款，请等待结果。',
}
