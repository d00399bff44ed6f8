package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

// longestTokenLife is what the API grants.
const longestTokenLife = 366 * 24 * time.Hour

type apiTokenResource struct {
	apiResource
	identifiedByID
}

var (
	_ resource.ResourceWithConfigure   = (*apiTokenResource)(nil)
	_ resource.ResourceWithIdentity    = (*apiTokenResource)(nil)
	_ resource.ResourceWithImportState = (*apiTokenResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*apiTokenResource)(nil)
)

func newAPITokenResource() resource.Resource { return &apiTokenResource{} }

type apiTokenModel struct {
	ID         types.String      `tfsdk:"id"`
	Name       types.String      `tfsdk:"name"`
	Role       types.String      `tfsdk:"role"`
	Namespaces types.Set         `tfsdk:"namespaces"`
	ExpiresAt  timetypes.RFC3339 `tfsdk:"expires_at"`
	Prefix     types.String      `tfsdk:"prefix"`
	CreatedAt  types.String      `tfsdk:"created_at"`
	CreatedBy  types.String      `tfsdk:"created_by"`
	Secret     types.String      `tfsdk:"secret"`
}

func (r *apiTokenResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_api_token"
}

func (r *apiTokenResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replaced := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A token by which a program acts in the organization. Only people make tokens: the provider's own `token` has to be a person's session token. " +
			"Whatever changes makes another token.\n\n" +
			"~> The API shows the secret once, so that it has to stand in the state. Where a program needs a token only while Terraform runs, " +
			"use the ephemeral resource `isthmus_api_token`, whose secret stands nowhere.",
		Attributes: map[string]schema.Attribute{
			"id": computedOnce("Id that the API gave it."),
			"name": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       replaced,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "What people know it by.",
			},
			"role": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       replaced,
				Validators:          []validator.String{oneOf(client.AllRole)},
				MarkdownDescription: "What it may do, at most what its maker may: " + wordsOf(client.AllRole) + ".",
			},
			"namespaces": schema.SetAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Computed:            true,
				Default:             setdefault.StaticValue(setOf(nil)),
				PlanModifiers:       []planmodifier.Set{setplanmodifier.RequiresReplace()},
				Validators:          []validator.Set{setvalidator.SizeAtMost(100), setvalidator.ValueStringsAre(isName)},
				MarkdownDescription: "Namespaces of Kubernetes whose configuration it may change; all unless said.",
			},
			"expires_at": schema.StringAttribute{
				CustomType:          timetypes.RFC3339Type{},
				Required:            true,
				PlanModifiers:       replaced,
				Validators:          []validator.String{isUTC},
				MarkdownDescription: "When it ends, as RFC 3339 in UTC, such as `2027-01-31T00:00:00Z`; within a year.",
			},
			"prefix":     computedOnce("Its public beginning, to tell tokens apart."),
			"created_at": computedOnce("When it was made."),
			"created_by": computedOnce("Id of the person who made it."),
			"secret": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "What a program sends as `Authorization: Bearer …`. Null after an import: it was shown once.",
			},
		},
	}
}

// ModifyPlan refuses a life that the API would refuse, before anything is made.
func (r *apiTokenResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan apiTokenModel
	if req.Plan.Raw.IsNull() || !req.State.Raw.IsNull() && len(resp.RequiresReplace) == 0 {
		return
	}
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || plan.ExpiresAt.IsUnknown() {
		return
	}
	ends, diags := plan.ExpiresAt.ValueRFC3339Time()
	resp.Diagnostics.Append(diags...)
	if life := time.Until(ends); !diags.HasError() && (life <= 0 || life > longestTokenLife) {
		resp.Diagnostics.AddAttributeError(path.Root("expires_at"), "Wrong end of a token", "expires_at must be within a year from now")
	}
}

func (r *apiTokenResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan apiTokenModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Names are not unique, and the secret is told once: a lost answer is a lost token.
	made, err := client.CreateApiToken(ctx, r.client, client.CreateApiTokenInput{
		Name:       plan.Name.ValueString(),
		Role:       client.Role(plan.Role.ValueString()),
		Namespaces: stringsOf(plan.Namespaces.Elements()),
		ExpiresAt:  plan.ExpiresAt.ValueString(),
	})
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "create the API token", err)
		return
	}
	state := toAPIToken(made.CreateApiToken.ApiToken)
	state.Secret = types.StringValue(made.CreateApiToken.Secret)
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, state, idModel{state.ID})...)
}

func (r *apiTokenResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state apiTokenModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	read, err := client.ReadApiToken(ctx, r.client, state.ID.ValueString())
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.State, "read the API token", err)
		return
	}
	if read.Node == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	token, isToken := (*read.Node).(*client.ReadApiTokenNodeApiToken)
	if !isToken || token.RevokedAt != nil {
		resp.State.RemoveResource(ctx)
		return
	}
	told := toAPIToken(token.ApiTokenFields)
	told.Secret = state.Secret
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, told, idModel{told.ID})...)
}

// Update is never called: whatever changes is another token.
func (r *apiTokenResource) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {
}

func (r *apiTokenResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state apiTokenModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := revokeAPIToken(ctx, r.client, state.ID.ValueString()); err != nil {
		fail(ctx, &resp.Diagnostics, req.State, "revoke the API token", err)
	}
}

func revokeAPIToken(ctx context.Context, api *client.Client, id string) error {
	_, err := client.RevokeApiToken(ctx, api, client.RevokeApiTokenInput{Id: id})
	if isGone(err) {
		return nil
	}
	return err
}

func toAPIToken(token client.ApiTokenFields) apiTokenModel {
	return apiTokenModel{
		ID:         types.StringValue(token.Id),
		Name:       types.StringValue(token.Name),
		Role:       types.StringValue(string(token.Role)),
		Namespaces: setOf(token.Namespaces),
		ExpiresAt:  timeOf(token.ExpiresAt),
		Prefix:     types.StringValue(token.Prefix),
		CreatedAt:  types.StringValue(token.CreatedAt),
		CreatedBy:  types.StringValue(token.CreatedBy),
	}
}
