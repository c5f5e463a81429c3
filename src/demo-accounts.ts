/** Accounts of the demo shop, printed by `npm start`. `seed` creates them in an empty database only. */
export const demoAccounts = [
  { email: 'customer@example.com', password: 'demo-customer', name: 'Demo Customer', role: 'customer', locale: 'en' },
  { email: 'staff@example.com', password: 'demo-staff', name: 'Demo Staff', role: 'staff', locale: 'en' },
] as const
