import { registerOnnxruntimeBackend } from "./register-backend.ts";

registerOnnxruntimeBackend();
