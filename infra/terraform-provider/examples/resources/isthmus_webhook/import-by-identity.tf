import {
  to = isthmus_webhook.on_call
  identity = {
    id = "webhook_0123456789abcdef0123456789abcdef"
  }
}
