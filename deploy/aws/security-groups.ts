import { Peer, Port, SecurityGroup, type IVpc } from 'aws-cdk-lib/aws-ec2'
import { ports } from './ports.ts'
import { acknowledge, type ShopStack } from './shop-stack.ts'

export interface SecurityGroups {
  balancer: SecurityGroup
  web: SecurityGroup
  worker: SecurityGroup
  /** Functions that rotate database credentials. */
  rotation: SecurityGroup
  postgres: SecurityGroup
  redis: SecurityGroup
  endpoints: SecurityGroup
}

/**
 * Who may talk to whom: internet -> balancer -> web; web, worker -> Postgres, Redis. Groups name each other by reference,
 * never by address. Data stores open no connection.
 */
export function createSecurityGroups(stack: ShopStack, vpc: IVpc): SecurityGroups {
  const create = (id: string, description: string): SecurityGroup =>
    new SecurityGroup(stack, `${id}SecurityGroup`, { vpc, description, allowAllOutbound: false })
  const groups: SecurityGroups = {
    balancer: create('Balancer', 'Balancers of both colours'),
    web: create('Web', 'Web instances'),
    worker: create('Worker', 'Worker instances'),
    rotation: create('Rotation', 'Functions that rotate database credentials'),
    postgres: create('Postgres', 'Aurora PostgreSQL'),
    redis: create('Redis', 'Valkey of queue and cache'),
    endpoints: create('Endpoints', 'Interface endpoints'),
  }
  const connect = (from: SecurityGroup, to: SecurityGroup, port: number, what: string): void => {
    to.addIngressRule(from, Port.tcp(port), what)
    from.addEgressRule(to, Port.tcp(port), what)
  }

  groups.balancer.addIngressRule(Peer.anyIpv4(), Port.tcp(ports.https), 'Buyers')
  connect(groups.balancer, groups.web, ports.web, 'Balancer to web')
  for (const program of [groups.web, groups.worker]) {
    connect(program, groups.postgres, ports.postgres, 'Program to Postgres')
    connect(program, groups.redis, ports.redis, 'Program to Redis')
    connect(program, groups.endpoints, ports.https, 'Program to AWS by interface endpoints')
    program.addEgressRule(Peer.anyIpv4(), Port.tcp(ports.https), 'Payment provider, AWS')
    program.addEgressRule(Peer.anyIpv4(), Port.tcp(ports.smtps), 'E-mail server')
    program.addEgressRule(Peer.anyIpv4(), Port.tcp(ports.submission), 'E-mail server, STARTTLS')
  }
  connect(groups.rotation, groups.postgres, ports.postgres, 'Rotation to Postgres')
  connect(groups.rotation, groups.endpoints, ports.https, 'Rotation to Secrets Manager')

  acknowledge(groups.balancer, {
    'AwsSolutions-EC23': 'A shop is public: its balancer alone takes connections from the internet, on 443.',
  })
  return groups
}
