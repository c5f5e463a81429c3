import { GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import type { Aws } from './aws.ts'

export interface Traffic {
  requests: number
  /** Answers with status 5xx, of the shop and of the balancer. */
  failures: number
  /** Slowest answer of 99 of 100, ms; 0 without requests. */
  p99Ms: number
}

/** What a balancer served between two times, ms since 1970. The worst minute counts for p99. */
export async function trafficOf(aws: Aws, balancerArn: string, from: number, until: number): Promise<Traffic> {
  const dimension = balancerArn.slice(balancerArn.indexOf('loadbalancer/') + 'loadbalancer/'.length)
  const metric = (id: string, name: string, statistic: string): MetricDataQuery => ({
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/ApplicationELB',
        MetricName: name,
        Dimensions: [{ Name: 'LoadBalancer', Value: dimension }],
      },
      Period: 60,
      Stat: statistic,
    },
  })
  const { MetricDataResults: results = [] } = await aws.cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(from),
      EndTime: new Date(until),
      MetricDataQueries: [
        metric('requests', 'RequestCount', 'Sum'),
        metric('failures', 'HTTPCode_Target_5XX_Count', 'Sum'),
        metric('balancer', 'HTTPCode_ELB_5XX_Count', 'Sum'),
        metric('slowest', 'TargetResponseTime', 'p99'),
      ],
    }),
  )
  const values = (id: string): number[] => results.find(({ Id: each }) => each === id)?.Values ?? []
  const sum = (id: string): number => values(id).reduce((total, value) => total + value, 0)
  return {
    requests: sum('requests'),
    failures: sum('failures') + sum('balancer'),
    p99Ms: Math.max(0, ...values('slowest')) * 1_000,
  }
}
