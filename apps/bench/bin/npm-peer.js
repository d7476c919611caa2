import { serve } from "../dist/npm-peer.js";

await serve();
