import type { App } from 'aws-cdk-lib'
import { createApplication } from './beanstalk.ts'
import type { DataStack } from './data-stack.ts'
import { createDeployerRole } from './deployer-role.ts'
import { createDomain, createWebAcl } from './edge.ts'
import { createInstanceRoles } from './instance-roles.ts'
import { createLogGroup } from './log-group.ts'
import { createMessaging, type Messaging } from './messaging.ts'
import { createServiceRole } from './service-role.ts'
import type { Settings } from './settings.ts'
import { ShopStack } from './shop-stack.ts'
import { alarmTopicName } from './topic.ts'

/** What environments need before they exist: the application, roles, inbox and topic, web ACL, certificate. */
export class ApplicationStack extends ShopStack {
  readonly messaging: Messaging

  constructor(app: App, settings: Settings, data: DataStack) {
    super(app, 'application', settings, 'Holdfast: Beanstalk application, roles, messaging, web ACL, domain')
    const { key } = data
    this.messaging = createMessaging(this, key)
    const instances = createInstanceRoles(this, { data, messaging: this.messaging })
    const alarmTopicArn = this.formatArn({ service: 'sns', resource: alarmTopicName(settings.name) })
    const serviceRole = createServiceRole(this, { key, alarmTopicArn })
    const application = createApplication(this, serviceRole)
    const webAcl = createWebAcl(this, key)
    const deployer = createDeployerRole(this, {
      data,
      passable: { instances: [instances.web, instances.worker], service: serviceRole },
      webAclArn: webAcl.attrArn,
    })
    const logs = createLogGroup(this, 'ShopLogs', { name: `/${settings.name}/shop`, key })
    // Beanstalk's addresses are one namespace for all accounts of a region.
    const cnamePrefix = this.nameOf(settings.account)
    const certificate = createDomain(this, cnamePrefix)
    this.writeOutputs({
      ApplicationName: application.ref,
      LiveCnamePrefix: cnamePrefix,
      WebInstanceProfile: instances.webProfile.ref,
      WorkerInstanceProfile: instances.workerProfile.ref,
      ServiceRoleArn: serviceRole.roleArn,
      DeployerRoleArn: deployer.roleArn,
      OrderTopicArn: this.messaging.orderTopic.topicArn,
      InboxQueueUrl: this.messaging.inbox.queueUrl,
      WebAclArn: webAcl.attrArn,
      LogGroup: logs.logGroupName,
      ...(certificate !== undefined && { CertificateArn: certificate.certificateArn }),
    })
  }
}
