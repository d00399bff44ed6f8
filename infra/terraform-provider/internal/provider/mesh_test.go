package provider

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

func TestMesh(t *testing.T) {
	api := acceptance(t)
	first, second := unique("first"), unique("second")
	config := func(name, domain string) string {
		return fmt.Sprintf(`
resource "isthmus_mesh" "test" {
  name         = %q
  trust_domain = %q
}

data "isthmus_mesh" "by_id" {
  id = isthmus_mesh.test.id
}

data "isthmus_mesh" "by_name" {
  name = isthmus_mesh.test.name
}

data "isthmus_meshes" "all" {
  depends_on = [isthmus_mesh.test]
}
`, name, domain)
	}
	address := "isthmus_mesh.test"
	var id string
	steps := []resource.TestStep{{
		Config: config(first, "acme.example"),
		Check: resource.ComposeAggregateTestCheckFunc(
			attribute(address, "id", &id),
			resource.TestMatchResourceAttr(address, "id", regexp.MustCompile(`^mesh_[0-9a-f]{32}$`)),
			resource.TestCheckResourceAttr(address, "trust_domain", "acme.example"),
			resource.TestCheckResourceAttrPair("data.isthmus_mesh.by_id", "name", address, "name"),
			resource.TestCheckResourceAttrPair("data.isthmus_mesh.by_name", "id", address, "id"),
			resource.TestCheckTypeSetElemAttrPair("data.isthmus_meshes.all", "meshes.*.id", address, "id"),
		),
	}}
	steps = append(steps, imports(address, byID)...)
	steps = append(steps,
		resource.TestStep{
			Config:           config(first, "other.example"),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionDestroyBeforeCreate),
			Check:            attribute(address, "id", &id),
		},
		resource.TestStep{ // Somebody else deletes it.
			PreConfig: behind(t, func(ctx context.Context) error {
				_, err := client.DeleteMesh(ctx, api, client.DeleteMeshInput{MeshId: id})
				return err
			}),
			Config:           config(second, "other.example"),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionCreate),
			Check:            attribute(address, "id", &id),
		},
	)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps:                    steps,
		CheckDestroy: func(*terraform.State) error {
			if _, err := client.ReadMesh(context.Background(), api, id); !isGone(err) {
				return fmt.Errorf("the mesh is there: %w", err)
			}
			return nil
		},
	})
}

func TestMeshThatIsThereAlready(t *testing.T) {
	api := acceptance(t)
	read, err := client.ReadMesh(context.Background(), api, makeMesh(t, api))
	if err != nil {
		t.Fatal(err)
	}
	verify(t, resource.TestStep{
		Config:      fmt.Sprintf(`resource "isthmus_mesh" "test" { name = %q }`, read.Mesh.Name),
		ExpectError: regexp.MustCompile(`Cannot create the mesh: ALREADY_EXISTS`),
	})
}

// What Terraform does not know of is not destroyed by the way.
func TestMeshThatIsNotEmpty(t *testing.T) {
	api := acceptance(t)
	config := fmt.Sprintf(`resource "isthmus_mesh" "test" { name = %q }`, unique("full"))
	var meshID, clusterID string
	verify(t,
		resource.TestStep{Config: config, Check: attribute("isthmus_mesh.test", "id", &meshID)},
		resource.TestStep{
			PreConfig:   func() { clusterID = makeCluster(t, api, meshID) },
			Config:      config,
			Destroy:     true,
			ExpectError: regexp.MustCompile(`(?s)Cannot delete the mesh: MESH_NOT_EMPTY.*remove them first`),
		},
		resource.TestStep{
			PreConfig: behind(t, func(ctx context.Context) error {
				_, err := client.RemoveCluster(ctx, api, client.RemoveClusterInput{ClusterId: clusterID})
				return err
			}),
			Config: config,
		},
	)
}

func TestDataSourcesThatFindNothing(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	for name, step := range map[string]resource.TestStep{
		"a mesh by its name": {Config: `data "isthmus_mesh" "test" { name = "nowhere" }`, ExpectError: regexp.MustCompile(`There is no mesh 'nowhere'`)},
		"a mesh by its id": {
			Config:      `data "isthmus_mesh" "test" { id = "mesh_00000000000000000000000000000000" }`,
			ExpectError: regexp.MustCompile(`(?s)Cannot read the mesh: NOT_FOUND.*there is no such mesh`),
		},
		"a mesh by nothing": {Config: `data "isthmus_mesh" "test" {}`, ExpectError: regexp.MustCompile(`(?s)Exactly one of these attributes must be configured`)},
		"a cluster by its name": {
			Config:      fmt.Sprintf("data \"isthmus_cluster\" \"test\" {\n  mesh_id = %q\n  name = \"nowhere\"\n}", meshID),
			ExpectError: regexp.MustCompile(`There is no cluster 'nowhere'`),
		},
		"a cluster by half of it": {Config: `data "isthmus_cluster" "test" { name = "berlin" }`, ExpectError: regexp.MustCompile(`(?s)must be specified\s+together|must be\s+configured\s+together`)},
	} {
		t.Run(name, func(t *testing.T) { verify(t, step) })
	}
}
