/**
 * TCP ports between the parts. `web` is nginx on the instances (deploy/eb). The balancer has no listener on 80: browsers
 * come by HTTPS.
 */
export const ports = { https: 443, web: 80, postgres: 5432, redis: 6379, smtps: 465, submission: 587 } as const
