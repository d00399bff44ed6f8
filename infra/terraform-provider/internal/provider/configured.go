package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

// The framework hands over the client once the provider is configured; before that, nothing.

type apiResource struct{ client *client.Client }

func (r *apiResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.client, _ = req.ProviderData.(*client.Client)
}

type apiDataSource struct{ client *client.Client }

func (d *apiDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.client, _ = req.ProviderData.(*client.Client)
}

type apiEphemeral struct{ client *client.Client }

func (e *apiEphemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	e.client, _ = req.ProviderData.(*client.Client)
}

// identifiedByID is the identity of what the API reads again by its id alone.
type identifiedByID struct{}

func (identifiedByID) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf(map[string]string{"id": "Id that the API gave it."})
}

func (identifiedByID) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughWithIdentity(ctx, path.Root("id"), path.Root("id"), req, resp)
}

// identifiedByMesh is the identity of settings, of which a mesh has one each.
type identifiedByMesh struct{}

func (identifiedByMesh) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf(map[string]string{"mesh_id": "Id of the mesh."})
}

func (identifiedByMesh) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughWithIdentity(ctx, meshIDPath, meshIDPath, req, resp)
}

var meshIDPath = path.Root("mesh_id")

func identityOf(descriptions map[string]string) identityschema.Schema {
	attributes := map[string]identityschema.Attribute{}
	for name, description := range descriptions {
		attributes[name] = identityschema.StringAttribute{RequiredForImport: true, Description: description}
	}
	return identityschema.Schema{Attributes: attributes}
}

// save writes a model, and its identity where Terraform knows of identities.
func save(ctx context.Context, state *tfsdk.State, identity *tfsdk.ResourceIdentity, model any, id any) diag.Diagnostics {
	diags := state.Set(ctx, model)
	if identity != nil {
		diags.Append(identity.Set(ctx, id)...)
	}
	return diags
}
