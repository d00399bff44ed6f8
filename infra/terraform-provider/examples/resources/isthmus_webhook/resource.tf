resource "isthmus_webhook" "on_call" {
  name  = "on-call"
  url   = "https://hooks.acme.example/isthmus"
  types = ["rollout", "upgrade", "cluster.out_of_contact"]

  secret_version = 1 # another number rotates the secret
}
