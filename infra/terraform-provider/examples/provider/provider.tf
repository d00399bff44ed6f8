terraform {
  required_providers {
    isthmus = {
      source = "isthmus/isthmus"
    }
  }
}

# The token comes from ISTHMUS_TOKEN.
provider "isthmus" {
  endpoint = "https://isthmus.example.com"
}
