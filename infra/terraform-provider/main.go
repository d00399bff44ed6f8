// Terraform's provider of Isthmus: meshes, their clusters, and what holds in them.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/isthmus/terraform-provider-isthmus/internal/provider"
)

// version is set as a release is built.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "have a debugger such as delve start the provider")
	flag.Parse()
	options := providerserver.ServeOpts{Address: "registry.terraform.io/isthmus/isthmus", Debug: *debug}
	if err := providerserver.Serve(context.Background(), provider.New(version), options); err != nil {
		log.Fatal(err)
	}
}
