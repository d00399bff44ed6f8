package provider

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"github.com/Khan/genqlient/graphql"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

const (
	strictTLS = "apiVersion: isthmus.dev/v1alpha1\nkind: MutualTLS\nmetadata: {name: shop, namespace: shop}\nspec: {mode: STRICT}\n"
	onlyShop  = "apiVersion: isthmus.dev/v1alpha1\nkind: AccessPolicy\nmetadata: {name: payments, namespace: shop}\nspec: {service: payments, allow: [{from: [{namespace: shop}]}]}\n"
)

func configuration(meshID, folder, files, more string) string {
	if folder != "" {
		more = fmt.Sprintf("folder = %q\n%s", folder, more)
	}
	return fmt.Sprintf("resource \"isthmus_configuration\" \"test\" {\n  mesh_id = %q\n  files = {\n%s\n}\n%s\n}\n", meshID, files, more)
}

func file(name, content string) string { return fmt.Sprintf("%q = %q\n", name, content) }

func TestConfiguration(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	address := "isthmus_configuration.test"
	apply := func(folder string, files ...client.ConfigurationFileInput) func(context.Context) error {
		files = append([]client.ConfigurationFileInput{}, files...)
		return func(ctx context.Context) error {
			_, err := client.ApplyConfiguration(ctx, api, client.ApplyConfigurationInput{MeshId: meshID, Folder: &folder, Files: files, Message: "test"})
			return err
		}
	}
	byFolder := func(state *terraform.InstanceState) string {
		return state.Attributes["mesh_id"] + "/" + state.Attributes["folder"]
	}
	both := configuration(meshID, "teams/shop", file("access.yaml", onlyShop), `message = "only the shop may pay"`)
	steps := []resource.TestStep{
		{
			PreConfig: behind(t, apply("teams/other", client.ConfigurationFileInput{Path: "other.yaml", Content: "# Somebody else's.\n"})),
			Config:    both,
			Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttr(address, "release_number", "2"),
				resource.TestMatchResourceAttr(address, "rollout_id", regexp.MustCompile(`^rollout_`)),
				completed(api, address),
			),
		},
		imports(address, byFolder, "rollout_id")[0],
		imports(address, byFolder)[1],
		{
			Config:           configuration(meshID, "teams/shop", file("access.yaml", onlyShop+"# More.\n"), `message = "only the shop may pay"`),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check:            resource.TestCheckResourceAttr(address, "release_number", "3"),
		},
		{ // How to release is no release.
			Config:           configuration(meshID, "teams/shop", file("access.yaml", onlyShop+"# More.\n"), `wait_for_rollout = false`),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check:            resource.TestCheckResourceAttr(address, "release_number", "3"),
		},
		{ // What others release of their own is no drift.
			PreConfig: behind(t, apply("teams/other", client.ConfigurationFileInput{Path: "other.yaml", Content: "# Somebody else's, again.\n"})),
			Config:    configuration(meshID, "teams/shop", file("access.yaml", onlyShop+"# More.\n"), `wait_for_rollout = false`),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
		},
		{ // What they release of ours is.
			PreConfig:        behind(t, apply("teams/shop", client.ConfigurationFileInput{Path: "strange.yaml", Content: "# Strange.\n"})),
			Config:           both,
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check:            resource.TestCheckResourceAttr(address, "files.%", "1"),
		},
		{
			PreConfig:        behind(t, apply("teams/shop")),
			Config:           both,
			ConfigPlanChecks: expects(address, plancheck.ResourceActionCreate),
		},
		{
			Config:           configuration(meshID, "teams/store", file("access.yaml", onlyShop), `supersede = true`),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionDestroyBeforeCreate),
		},
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps:                    steps,
		CheckDestroy: func(*terraform.State) error {
			paths, err := headOf(api, meshID)
			if err == nil && fmt.Sprint(paths) != "[teams/other/other.yaml]" {
				return fmt.Errorf("the mesh is headed for %v", paths)
			}
			return err
		},
	})
}

func TestConfigurationOfTheWholeMesh(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	address := "isthmus_configuration.test"
	two := configuration(meshID, "", file("shop/access.yaml", onlyShop)+file("shop/tls.yaml", strictTLS), "")
	steps := []resource.TestStep{{Config: two, Check: resource.TestCheckResourceAttr(address, "release_number", "1")}}
	steps = append(steps, imports(address, byMesh, "rollout_id")...)
	steps = append(steps, resource.TestStep{
		Config:           configuration(meshID, "", file("shop/access.yaml", onlyShop), "rollout = false"),
		ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
		Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr(address, "release_number", "2"),
			resource.TestCheckNoResourceAttr(address, "rollout_id"),
		),
	})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps:                    steps,
		CheckDestroy: func(*terraform.State) error {
			paths, err := headOf(api, meshID)
			if err == nil && fmt.Sprint(paths) != "["+emptyFile+"]" {
				return fmt.Errorf("the mesh is headed for %v", paths)
			}
			return err
		},
	})
}

func TestConfigurationThatCannotBe(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	for name, step := range map[string]resource.TestStep{
		"is found as it is planned": {
			Config:      configuration(meshID, "shop", file("wrong.yaml", "apiVersion: isthmus.dev/v1alpha1\nkind: AccessPolicy\nmetadata: {name: x}\nspec: {}\n"), ""),
			PlanOnly:    true,
			ExpectError: regexp.MustCompile(`(?s)shop/wrong.yaml:\d+: `),
		},
		"is refused by its path": {
			Config:      configuration(meshID, "shop", file("../wrong.txt", ""), ""),
			PlanOnly:    true,
			ExpectError: regexp.MustCompile(`must be a relative path`),
		},
	} {
		t.Run(name, func(t *testing.T) { verify(t, step) })
	}
}

// A cluster that nobody has joined never has the release, so that its wave never ends.
func TestConfigurationThatDoesNotArrive(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	makeCluster(t, api, meshID)
	patient := configuration(meshID, "shop", file("access.yaml", onlyShop), "wait_for_rollout = false")
	verify(t,
		resource.TestStep{
			Config:      configuration(meshID, "shop", file("access.yaml", onlyShop), "timeouts = { create = \"3s\" }"),
			ExpectError: regexp.MustCompile(`(?s)The rollout of release 1 is not through in time.*After 3s it is`),
		},
		resource.TestStep{ // Creating it again goes on from there.
			Config:           patient,
			ConfigPlanChecks: expects("isthmus_configuration.test", plancheck.ResourceActionCreate),
			Check:            resource.TestCheckResourceAttr("isthmus_configuration.test", "release_number", "1"),
		},
	)
}

// A wave that is not through by the gate's time halts the rollout, and the next one takes its place.
func TestConfigurationThatHalts(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	makeCluster(t, api, meshID)
	second := 1
	_, err := client.UpdateConfigurationSettings(context.Background(), api, client.UpdateConfigurationSettingsInput{
		MeshId:        meshID,
		RolloutPolicy: &client.RolloutPolicyInput{Waves: []client.WavePolicyInput{}, Gate: &client.GatePolicyInput{TimeoutSeconds: &second}},
	})
	if err != nil {
		t.Fatal(err)
	}
	verify(t,
		resource.TestStep{
			Config:      configuration(meshID, "shop", file("access.yaml", onlyShop), ""),
			ExpectError: regexp.MustCompile(`The rollout of release 1 is HALTED`),
		},
		resource.TestStep{
			Config: configuration(meshID, "shop", file("access.yaml", onlyShop+"# Better.\n"), "supersede = true\nwait_for_rollout = false"),
			Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttr("isthmus_configuration.test", "release_number", "2"),
				func(*terraform.State) error { return isAlone(api, meshID) },
			),
		},
	)
}

// isAlone says whether nothing is left that the newest rollout would wait for.
func isAlone(api *client.Client, meshID string) error {
	var read struct {
		Mesh struct {
			Rollouts struct {
				Edges []struct{ Node struct{ State string } }
			}
		}
	}
	err := api.MakeRequest(context.Background(), &graphql.Request{
		OpName:    "Rollouts",
		Query:     `query Rollouts($id: ID!) { mesh(id: $id) { rollouts { edges { node { state } } } } }`,
		Variables: map[string]string{"id": meshID},
	}, &graphql.Response{Data: &read})
	if err != nil {
		return err
	}
	states := []string{}
	for _, edge := range read.Mesh.Rollouts.Edges[1:] {
		states = append(states, edge.Node.State)
	}
	if fmt.Sprint(states) != "[ABORTED]" {
		return fmt.Errorf("the rollouts before it are %v", states)
	}
	return nil
}

func completed(api *client.Client, address string) resource.TestCheckFunc {
	return resource.TestCheckResourceAttrWith(address, "rollout_id", func(id string) error {
		read, err := client.ReadRollout(context.Background(), api, id)
		if err != nil {
			return err
		}
		if rollout, isRollout := (*read.Node).(*client.ReadRolloutNodeRollout); !isRollout || rollout.State != client.RolloutStateCompleted {
			return fmt.Errorf("the rollout is not completed: %+v", *read.Node)
		}
		return nil
	})
}

// headOf are the paths of the files that the mesh is headed for.
func headOf(api *client.Client, meshID string) ([]string, error) {
	ctx := context.Background()
	reader := configurationResource{apiResource{api}}
	id, err := reader.head(ctx, meshID)
	if err != nil {
		return nil, err
	}
	read, err := client.ReadReleaseFiles(ctx, api, id)
	if err != nil {
		return nil, err
	}
	paths := []string{}
	for _, file := range (*read.Node).(*client.ReadReleaseFilesNodeRelease).Files {
		paths = append(paths, file.Path)
	}
	return paths, nil
}
