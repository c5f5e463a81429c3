import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { ShopStack } from './shop-stack.ts'

/** Reports to the topic when the account's month costs more than the budget, or is forecast to. */
export function createBudget(stack: ShopStack, topic: ITopic): void {
  const subscribers = [{ subscriptionType: 'SNS', address: topic.topicArn }]
  const notify = (notificationType: string, threshold: number) => ({
    notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
    subscribers,
  })
  new CfnBudget(stack, 'Budget', {
    budget: {
      budgetName: stack.nameOf('monthly'),
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: stack.settings.budgetUsd, unit: 'USD' },
    },
    notificationsWithSubscribers: [notify('ACTUAL', 80), notify('ACTUAL', 100), notify('FORECASTED', 120)],
  })
}
