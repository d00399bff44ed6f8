//go:build generate

// Package tools makes what is generated: the API's types and the documentation.
package tools

import (
	_ "github.com/Khan/genqlient"
	_ "github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs"
)

//go:generate go run github.com/Khan/genqlient ../internal/client/genqlient.yaml
//go:generate sh docs.sh
