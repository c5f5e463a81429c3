export { freshMs, openAnswerCache, staleMs, type AnswerCache, type Question, type Served } from './answers.ts'
