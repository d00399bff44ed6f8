package provider

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/acctest"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

// Acceptance tests have a real Terraform or OpenTofu drive the provider against a real platform:
// TF_ACC=1, ISTHMUS_ENDPOINT, and in ISTHMUS_TOKEN the session of a person who owns an organization.

var factories = map[string]func() (tfprotov6.ProviderServer, error){
	"isthmus": providerserver.NewProtocol6WithError(New("test")()),
	"echo":    echoprovider.NewProviderServer(),
}

// acceptance skips where there is no platform, and hands out the API as the test changes it behind
// Terraform's back.
func acceptance(t *testing.T) *client.Client {
	t.Helper()
	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skipf("acceptance tests need %s, a platform and a Terraform", resource.EnvTfAcc)
	}
	api, err := client.New(client.Options{
		Endpoint: os.Getenv("ISTHMUS_ENDPOINT"), Token: os.Getenv("ISTHMUS_TOKEN"), UserAgent: "acceptance tests",
		Retries: defaultRetries, Timeout: defaultRequestTimeout,
	})
	if err != nil {
		t.Fatalf("ISTHMUS_ENDPOINT: %v", err)
	}
	return api
}

func verify(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories, Steps: steps})
}

// makeMesh makes one that no Terraform knows, and takes it away with all that is in it.
func makeMesh(t *testing.T, api *client.Client) string {
	t.Helper()
	made, err := client.CreateMesh(context.Background(), api, client.CreateMeshInput{Name: unique("mesh")})
	if err != nil {
		t.Fatal(err)
	}
	id := made.CreateMesh.Mesh.Id
	t.Cleanup(behind(t, func(ctx context.Context) error {
		clusters, err := allClusters(ctx, api, id)
		if err != nil {
			return err
		}
		for _, cluster := range clusters {
			if _, err := client.RemoveCluster(ctx, api, client.RemoveClusterInput{ClusterId: cluster.Id}); err != nil {
				return err
			}
		}
		_, err = client.DeleteMesh(ctx, api, client.DeleteMeshInput{MeshId: id})
		return err
	}))
	return id
}

func makeCluster(t *testing.T, api *client.Client, meshID string) string {
	t.Helper()
	made, err := client.RegisterCluster(context.Background(), api, client.RegisterClusterInput{
		MeshId: meshID, Name: unique("cluster"), Network: "cloud", Locality: "eu-central-1/a",
	})
	if err != nil {
		t.Fatal(err)
	}
	return made.RegisterCluster.Cluster.Id
}

func unique(prefix string) string { return acctest.RandomWithPrefix(prefix) }

// behind does something behind Terraform's back.
func behind(t *testing.T, work func(context.Context) error) func() {
	return func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := work(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// expects is what a step's plan has to do with a resource.
func expects(address string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

// imports has what there is imported in each way: by a command and an id, by a block and the identity.
// What no import can know is ignored.
func imports(address string, id func(*terraform.InstanceState) string, ignored ...string) []resource.TestStep {
	idOf := func(state *terraform.State) (string, error) {
		found, isThere := state.RootModule().Resources[address]
		if !isThere {
			return "", fmt.Errorf("%s is not in the state", address)
		}
		return id(found.Primary), nil
	}
	return []resource.TestStep{
		{
			ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateIdFunc: idOf,
			ImportStateVerifyIdentifierAttribute: identifierOf(address), ImportStateVerifyIgnore: ignored,
		},
		{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
	}
}

func identifierOf(address string) string {
	switch address {
	case "isthmus_rollout_policy.test", "isthmus_upgrade_settings.test", "isthmus_configuration.test":
		return "mesh_id"
	default:
		return "id"
	}
}

func byID(state *terraform.InstanceState) string { return state.Attributes["id"] }

func byMesh(state *terraform.InstanceState) string { return state.Attributes["mesh_id"] }

// attribute hands what an attribute is to a test.
func attribute(address, name string, to *string) resource.TestCheckFunc {
	return resource.TestCheckResourceAttrWith(address, name, func(value string) error {
		*to = value
		return nil
	})
}
