/** TCP ports between the parts. The bundle (deploy/eb) sets the same: nginx listens on `web`. */
export const ports = {
  https: 443,
  http: 80,
  web: 80,
  postgres: 5432,
  redis: 6379,
  smtps: 465,
  submission: 587,
} as const
