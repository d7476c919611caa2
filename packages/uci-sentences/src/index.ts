export { loadUciSentences } from "./uci-sentences.ts";
