#!/bin/sh
# Makes docs/ of what the provider says of itself, with the Terraform or OpenTofu of
# TF_ACC_TERRAFORM_PATH, or else the terraform on the PATH. Nothing is downloaded.
set -eu
cd "$(dirname "$0")"
terraform=${TF_ACC_TERRAFORM_PATH:-terraform}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The generator looks for the provider under this address.
address=registry.terraform.io/hashicorp/isthmus
go build -C .. -o "$folder/terraform-provider-isthmus" .
cat >"$folder/main.tf" <<END
terraform {
  required_providers {
    isthmus = {
      source = "$address"
    }
  }
}
END
cat >"$folder/terraformrc" <<END
provider_installation {
  dev_overrides {
    "$address" = "$folder"
  }
  direct {}
}
END
export TF_CLI_CONFIG_FILE="$folder/terraformrc" CHECKPOINT_DISABLE=1
(cd "$folder" && "$terraform" providers schema -json) >"$folder/schema.json"
"$terraform" fmt -recursive ../examples
go run github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs generate \
  --provider-dir .. --provider-name isthmus --rendered-provider-name Isthmus --providers-schema "$folder/schema.json"
