import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { authenticate } from './authentication.ts'
import type { SandboxContext } from './context.ts'
import { decimalsOf } from './currencies.ts'
import type { Fault } from './faults.ts'
import { parseForm } from './form.ts'
import type { PaymentIntent } from './model.ts'

/** Pages for browsers: the start page, and the bank's 3-D Secure page where a buyer authorises a payment. */
export function registerPages(app: FastifyInstance, context: SandboxContext): void {
  const { ledger, faults } = context

  app.get('/', (_request, reply) => sendPage(reply, startPage(context.publicUrl, faults.list())))

  app.get('/authenticate/:id/:token', async (request, reply) => {
    const intent = intentToAuthenticate(request)
    return intent ? sendPage(reply, authenticationPage(intent)) : sendPage(reply.code(404), notFoundPage())
  })

  app.post('/authenticate/:id/:token', async (request, reply) => {
    const intent = intentToAuthenticate(request)
    const { outcome } = typeof request.body === 'string' ? parseForm(request.body) : {}
    if (!intent) return sendPage(reply.code(404), notFoundPage())
    if (outcome !== 'authorise' && outcome !== 'fail') return sendPage(reply.code(400), authenticationPage(intent))
    const response = await authenticate(ledger, {
      id: intent.id,
      isAuthorised: outcome === 'authorise',
      requestId: request.id,
    })
    if (intent.returnUrl === null) return sendPage(reply, donePage())
    const isPaid = response.intent?.status === 'succeeded' || response.intent?.status === 'requires_capture'
    const target = new URL(intent.returnUrl)
    target.searchParams.set('payment_intent', intent.id)
    target.searchParams.set('payment_intent_client_secret', intent.clientSecret)
    target.searchParams.set('redirect_status', isPaid ? 'succeeded' : 'failed')
    return reply.redirect(target.href, 303)
  })

  /** Undefined when the address is wrong or the buyer has already chosen. */
  function intentToAuthenticate(request: FastifyRequest): PaymentIntent | undefined {
    const { id, token } = request.params as { id: string; token: string }
    const intent = ledger.paymentIntents.get(id)
    return intent?.authentication === token ? intent : undefined
  }
}

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #1a1f36 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem } .zh { color: #4f566b }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #e3e8ee }
pre { background: #f6f8fa; padding: .8rem; border-radius: 6px; overflow-x: auto; font-size: .85rem }
button { font: inherit; padding: .5rem 1.2rem; border-radius: 6px; border: 1px solid #c1c9d2; background: #fff; cursor: pointer }
button.main { background: #3d5afe; border-color: #3d5afe; color: #fff } .sum { font-size: 1.8rem; margin: 1rem 0 }
`

function startPage(url: string, faults: Fault[]): string {
  const rows = faults.map((fault) => {
    const { id, mode, hits, count, endsAt } = fault
    const scope = 'event' in fault ? fault.event : fault.operation
    return row([id, mode, scope, count === undefined ? `${hits}` : `${hits} / ${count}`, endsAt ?? '-'])
  })
  const none = '<p>No fault is switched on. <span class="zh" lang="zh">没有开启任何故障。</span></p>'
  const head = '<tr><th>id</th><th>mode 模式</th><th>operation 操作</th><th>hits 次数</th><th>ends 结束</th></tr>'
  const on = `curl -X POST ${url}/_sandbox/faults -H 'content-type: application/json' -d '{"mode":"slow","delayMs":3000,"forMs":60000}'`
  const off = `curl -X DELETE ${url}/_sandbox/faults`
  return page(
    'Sandbox payment provider',
    `<h1>Sandbox payment provider <span class="zh" lang="zh">沙盒支付服务</span></h1>
<p>It implements the part of Stripe's API that a shop uses, with Stripe's test cards. No real money moves.</p>
<p class="zh" lang="zh">它实现了网店所需的 Stripe 接口，使用 Stripe 的测试卡。这里没有真实的资金流动。</p>
<h2>Active faults <span class="zh" lang="zh">当前故障</span></h2>
${faults.length === 0 ? none : `<table>${head}${rows.join('')}</table>`}
<h2>Switch faults on and off <span class="zh" lang="zh">开启与关闭</span></h2>
<p>On this machine. <span class="zh" lang="zh">仅限本机。</span></p>
<pre>${escape(on)}\n${escape(off)}</pre>
<p>mode: slow, fail, hang, late, decline, lose_reply, down, pend_refund, fail_refund; operation: create, confirm, capture,
cancel, refund, retrieve, any; or, for webhooks, duplicate_webhook, delay_webhook, reorder_webhook, drop_webhook; event: such
as refund.created, any; count, forMs and probability limit it.</p>
<p class="zh" lang="zh">mode：slow 变慢，fail 报错，hang 不回应，late 迟到，decline 拒付，lose_reply 丢失回应，down 停机，
pend_refund 退款待定，fail_refund 退款失败，用 operation 选择操作；duplicate_webhook 重复通知，delay_webhook 延迟通知，
reorder_webhook 打乱通知，drop_webhook 丢弃通知，用 event 选择事件；用 count、forMs、probability 限制范围。</p>
<h2>Ledger <span class="zh" lang="zh">账目</span></h2>
<pre>${escape(`curl ${url}/_sandbox/summary\ncurl ${url}/_sandbox/ledger`)}</pre>
${bankCommands(url)}`,
  )
}

function bankCommands(url: string): string {
  const json = `-H 'content-type: application/json' -d`
  const commands = [
    `curl -X POST ${url}/_sandbox/disputes ${json} '{"payment_intent":"pi_..."}'`,
    `curl -X POST ${url}/_sandbox/disputes/du_.../close ${json} '{"status":"won"}'`,
    `curl -X POST ${url}/_sandbox/refunds/re_.../settle ${json} '{"status":"failed"}'`,
  ]
  return `<h2>Disputes and refunds <span class="zh" lang="zh">争议与退款结果</span></h2>
<pre>${escape(commands.join('\n'))}</pre>`
}

function authenticationPage(intent: PaymentIntent): string {
  return page(
    '3-D Secure',
    `<h1>Authorise this payment? <span class="zh" lang="zh">是否授权此付款？</span></h1>
<p class="sum">${escape(money(intent))}</p>
${intent.description === null ? '' : `<p>${escape(intent.description)}</p>`}
<p>This page plays your bank. No real money moves. <span class="zh" lang="zh">此页面模拟您的银行，没有真实的资金流动。</span></p>
<form method="post">
<button class="main" name="outcome" value="authorise">Authorise <span lang="zh">授权</span></button>
<button name="outcome" value="fail">Fail <span lang="zh">拒绝</span></button>
</form>`,
  )
}

function donePage(): string {
  return page(
    'Done',
    '<h1>Done. You can close this page. <span class="zh" lang="zh">已完成，您可以关闭此页面。</span></h1>',
  )
}

function notFoundPage(): string {
  const text = 'This payment does not need your authorisation, or no longer needs it.'
  return page('Not found', `<h1>${text} <span class="zh" lang="zh">此付款无需（或不再需要）您的授权。</span></h1>`)
}

function page(title: string, body: string): string {
  const viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
  const head = `<meta charset="utf-8">${viewport}<title>${escape(title)}</title><style>${style}</style>`
  return `<!doctype html><html lang="en"><head>${head}</head><body>${body}</body></html>`
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .headers({
      // No form-action: Chromium applies it to the redirect back to the shop as well.
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    .send(html)
}

function row(cells: string[]): string {
  return `<tr>${cells.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`
}

function money({ amount, currency }: PaymentIntent): string {
  const digits = decimalsOf(currency)
  const decimals = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return new Intl.NumberFormat('en', { style: 'currency', currency, ...decimals }).format(amount / 10 ** digits)
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
