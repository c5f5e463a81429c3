-- Baseline: places one cart in one stored function and one transaction, writing the same rows as Holdfast.
create schema bench;

create function bench.cart_id(prefix text, n bigint) returns uuid language sql immutable parallel safe as
  $$ select overlay(overlay(md5(prefix || '-' || n) placing '4' from 13) placing '8' from 17)::uuid $$;

-- Returns the id of the order; null when it is sold out or already placed.
create function bench.place(prefix text, n bigint) returns uuid language plpgsql as $$
declare
  cart "order".cart;
  wanted record;
  offer record;
  stored json;
  new_id uuid := uuidv7();
  order_number text := upper(substr(md5(random()::text), 1, 11));
  items bigint;
  total bigint;
  address jsonb := '{"name": "Ada Byron", "line1": "12 Analytical Street", "city": "London", "postalCode": "W1G 0AA", "country": "GB"}';
  key text := encode(sha256(convert_to('order.place ' || prefix || ' ' || n, 'utf8')), 'base64');
  reply json;
begin
  select i.reply into stored from actor.idempotency i
    where i.slot = any(array[(floor(extract(epoch from now()) / 43200)::bigint % 4)::smallint]) and i.key_hash = key and i.expires_at > now();
  if found then return (stored->>'id')::uuid; end if;
  select * into cart from "order".cart c where c.id = bench.cart_id(prefix, n) for update;
  if cart.order_id is not null then return null; end if;
  select l->>'sku' as sku, (l->>'quantity')::int as quantity into wanted from jsonb_array_elements(cart.lines) l;
  select s.available into offer from product.stock s where s.sku = wanted.sku for no key update;
  if offer.available < wanted.quantity then return null; end if;
  select p.id, p.title->>'en' as title, (v.prices->>'USD')::bigint as price into offer
    from product.variant v join product.product p on p.id = v.product_id where v.sku = wanted.sku and p.status = 'active';
  items := offer.price * wanted.quantity;
  total := items + 1500;
  update "order".cart c set version = c.version + 1, order_id = new_id, updated_at = now() where c.id = cart.id;
  insert into "order".orders (id, number, cart_id, user_id, status, payment_status, fulfilment_status, version, currency, locale,
      email, shipping_address, shipping_option, items_minor, discount_minor, shipping_minor, tax_minor, tax_included, total_minor,
      payment_deadline, placed_at, updated_at)
    values (new_id, order_number, cart.id, cart.user_id, 'placed', 'pending', 'unfulfilled', 1, cart.currency, cart.locale,
      'ada@example.com', address, '{"id": "standard", "name": "Standard"}', items, 0, 1500, 0, true, total,
      now() + interval '15 minutes', now(), now());
  insert into "order".order_line (order_id, position, sku, product_id, title, quantity, unit_price_minor)
    values (new_id, 0, wanted.sku, offer.id, offer.title, wanted.quantity, offer.price);
  insert into "order".order_event (order_id, position, at, event) values (new_id, 0, now(), 'placed');
  insert into "order".payment (order_id, provider, method_id, token, attempt, wanted)
    values (new_id, 'stripe', 'card', 'pm_card_visa', 1, 'capture');
  update product.stock s set available = s.available - wanted.quantity, reserved = s.reserved + wanted.quantity where s.sku = wanted.sku;
  insert into actor.mailbox (kind, actor_id, version, payload, due_at) values
    ('payment', new_id::text, 1, '{"type": "settle"}', now()),
    ('order', new_id::text, 1, '{"type": "paymentDeadline"}', now() + interval '15 minutes');
  reply := json_build_object('id', new_id, 'number', order_number, 'status', 'placed', 'paymentStatus', 'pending',
    'fulfilmentStatus', 'unfulfilled', 'version', 1, 'placedAt', now(), 'paymentActionUrl', null, 'paymentDeadline', now() + interval '15 minutes',
    'lines', json_build_array(json_build_object('sku', wanted.sku, 'title', offer.title, 'quantity', wanted.quantity,
      'unitPrice', json_build_object('amount', offer.price, 'currency', 'USD'), 'total', json_build_object('amount', items, 'currency', 'USD'))),
    'totals', json_build_object('items', json_build_object('amount', items, 'currency', 'USD'), 'discount', json_build_object('amount', 0, 'currency', 'USD'),
      'shipping', json_build_object('amount', 1500, 'currency', 'USD'), 'tax', json_build_object('amount', 0, 'currency', 'USD'),
      'taxIncluded', true, 'total', json_build_object('amount', total, 'currency', 'USD')),
    'email', 'ada@example.com', 'shippingAddress', address, 'billingAddress', null,
    'shippingOption', json_build_object('id', 'standard', 'name', 'Standard'),
    'timeline', json_build_array(json_build_object('at', now(), 'event', 'placed')));
  insert into actor.idempotency (slot, key_hash, fingerprint, reply, expires_at)
    values ((floor(extract(epoch from now()) / 43200)::bigint % 4)::smallint, key, key, reply, now() + interval '24 hours')
    on conflict do nothing;
  return new_id;
end $$;
