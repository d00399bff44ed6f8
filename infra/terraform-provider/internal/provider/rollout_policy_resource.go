package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/float64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type rolloutPolicyResource struct {
	apiResource
	identifiedByMesh
}

var (
	_ resource.ResourceWithConfigure   = (*rolloutPolicyResource)(nil)
	_ resource.ResourceWithIdentity    = (*rolloutPolicyResource)(nil)
	_ resource.ResourceWithImportState = (*rolloutPolicyResource)(nil)
)

func newRolloutPolicyResource() resource.Resource { return &rolloutPolicyResource{} }

type rolloutPolicyModel struct {
	MeshID      types.String `tfsdk:"mesh_id"`
	Waves       []waveModel  `tfsdk:"waves"`
	Gate        *gateModel   `tfsdk:"gate"`
	DriftPolicy types.String `tfsdk:"drift_policy"`
}

type gateModel struct {
	SoakSeconds       types.Int64   `tfsdk:"soak_seconds"`
	TimeoutSeconds    types.Int64   `tfsdk:"timeout_seconds"`
	MaxRefusedPercent types.Float64 `tfsdk:"max_refused_percent"`
}

type meshIDModel struct {
	MeshID types.String `tfsdk:"mesh_id"`
}

// The API's own, of a mesh that nobody has said anything of.
const (
	defaultSoakSeconds       = 60
	defaultTimeoutSeconds    = 600
	defaultMaxRefusedPercent = 0
	defaultDriftPolicy       = client.DriftPolicyRevert
)

var defaultGate = types.ObjectValueMust(
	map[string]attr.Type{"soak_seconds": types.Int64Type, "timeout_seconds": types.Int64Type, "max_refused_percent": types.Float64Type},
	map[string]attr.Value{
		"soak_seconds":        types.Int64Value(defaultSoakSeconds),
		"timeout_seconds":     types.Int64Value(defaultTimeoutSeconds),
		"max_refused_percent": types.Float64Value(defaultMaxRefusedPercent),
	},
)

func (r *rolloutPolicyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_rollout_policy"
}

func (r *rolloutPolicyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "How a mesh has its configuration rolled out, and what becomes of what somebody else changes in a cluster. " +
			"A mesh has one of these: creating it changes what is there, and destroying it puts back what a new mesh has.",
		Attributes: map[string]schema.Attribute{
			"mesh_id": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "Id of the mesh.",
			},
			"waves": wavesAttribute(),
			"gate": schema.SingleNestedAttribute{
				Optional:            true,
				Computed:            true,
				Default:             objectdefault.StaticValue(defaultGate),
				MarkdownDescription: "What must hold in a wave before the next one begins.",
				Attributes: map[string]schema.Attribute{
					"soak_seconds": schema.Int64Attribute{
						Optional:            true,
						Computed:            true,
						Default:             int64default.StaticInt64(defaultSoakSeconds),
						Validators:          []validator.Int64{int64validator.Between(0, 7*86_400)},
						MarkdownDescription: "So long all must stay well; 60 unless said.",
					},
					"timeout_seconds": schema.Int64Attribute{
						Optional:            true,
						Computed:            true,
						Default:             int64default.StaticInt64(defaultTimeoutSeconds),
						Validators:          []validator.Int64{int64validator.Between(1, 86_400)},
						MarkdownDescription: "A wave that is not through by then halts; 600 unless said.",
					},
					"max_refused_percent": schema.Float64Attribute{
						Optional:            true,
						Computed:            true,
						Default:             float64default.StaticFloat64(defaultMaxRefusedPercent),
						Validators:          []validator.Float64{float64validator.Between(0, 100)},
						MarkdownDescription: "Of the wave's objects, how many percent may be refused; 0 unless said.",
					},
				},
			},
			"drift_policy": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(string(defaultDriftPolicy)),
				Validators:          []validator.String{oneOf(client.AllDriftPolicy)},
				MarkdownDescription: "What becomes of an object that somebody else changed or deleted: put back (`REVERT`, unless said), left as it is (`TOLERATE`), or made a release (`ADOPT`).",
			},
		},
	}
}

func (r *rolloutPolicyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.Diagnostics.Append(r.put(ctx, req.Plan, &resp.State, resp.Identity)...)
}

func (r *rolloutPolicyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.Diagnostics.Append(r.put(ctx, req.Plan, &resp.State, resp.Identity)...)
}

func (r *rolloutPolicyResource) put(ctx context.Context, planned tfsdk.Plan, state *tfsdk.State, identity *tfsdk.ResourceIdentity) diag.Diagnostics {
	var plan rolloutPolicyModel
	diags := planned.Get(ctx, &plan)
	if diags.HasError() {
		return diags
	}
	told, err := client.UpdateConfigurationSettings(ctx, r.client, plan.input())
	if err != nil {
		fail(ctx, &diags, planned, "set the rollout policy", err)
		return diags
	}
	plan.read(told.UpdateConfigurationSettings.Settings)
	diags.Append(save(ctx, state, identity, plan, meshIDModel{plan.MeshID})...)
	return diags
}

func (r *rolloutPolicyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state meshIDModel
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, meshIDPath, &state.MeshID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	told, err := client.ReadConfigurationSettings(ctx, r.client, state.MeshID.ValueString())
	if isGone(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.State, "read the rollout policy", err)
		return
	}
	read := rolloutPolicyModel{MeshID: state.MeshID}
	read.read(told.Mesh.Configuration)
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, read, state)...)
}

func (r *rolloutPolicyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state meshIDModel
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, meshIDPath, &state.MeshID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	drift := defaultDriftPolicy
	_, err := client.UpdateConfigurationSettings(ctx, r.client, client.UpdateConfigurationSettingsInput{
		MeshId:        state.MeshID.ValueString(),
		DriftPolicy:   &drift,
		RolloutPolicy: &client.RolloutPolicyInput{Waves: defaultWaveInputs()},
	})
	if err != nil && !isGone(err) {
		fail(ctx, &resp.Diagnostics, req.State, "put back the rollout policy", err)
	}
}

func (m rolloutPolicyModel) input() client.UpdateConfigurationSettingsInput {
	soak, timeout := int(m.Gate.SoakSeconds.ValueInt64()), int(m.Gate.TimeoutSeconds.ValueInt64())
	return client.UpdateConfigurationSettingsInput{
		MeshId:      m.MeshID.ValueString(),
		DriftPolicy: enumPointer[client.DriftPolicy](m.DriftPolicy),
		RolloutPolicy: &client.RolloutPolicyInput{
			Waves: waveInputs(m.Waves),
			Gate: &client.GatePolicyInput{
				SoakSeconds:       &soak,
				TimeoutSeconds:    &timeout,
				MaxRefusedPercent: m.Gate.MaxRefusedPercent.ValueFloat64Pointer(),
			},
		},
	}
}

func (m *rolloutPolicyModel) read(settings client.ConfigurationSettingsFields) {
	gate := settings.RolloutPolicy.Gate
	m.DriftPolicy = types.StringValue(string(settings.DriftPolicy))
	m.Waves = toWaves(settings.RolloutPolicy.Waves)
	m.Gate = &gateModel{
		SoakSeconds:       types.Int64Value(int64(gate.SoakSeconds)),
		TimeoutSeconds:    types.Int64Value(int64(gate.TimeoutSeconds)),
		MaxRefusedPercent: types.Float64Value(gate.MaxRefusedPercent),
	}
}
