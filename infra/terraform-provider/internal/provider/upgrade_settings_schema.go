package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

// The API's own, of a mesh that nobody has said anything of.
const (
	defaultMaxInFlight    = 5
	defaultUpgradeSoak    = 300
	defaultUpgradeTimeout = 1_800
	defaultGrace          = 86_400
	defaultMaxRestarting  = 2
	defaultRepository     = "oci://ghcr.io/istio/release/charts"
	noValues              = "{}"
)

var windowType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"name": types.StringType, "cluster_selector": types.StringType, "days": types.SetType{ElemType: types.StringType},
	"opens": types.StringType, "minutes": types.Int64Type, "time_zone": types.StringType,
}}

var freezeType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"name": types.StringType, "cluster_selector": types.StringType, "from": timetypes.RFC3339Type{}, "until": timetypes.RFC3339Type{},
}}

var defaultUpgradePolicy = types.ObjectValueMust(
	map[string]attr.Type{
		"waves": types.ListType{ElemType: waveType}, "canary_namespaces": types.ListType{ElemType: types.StringType},
		"soak_seconds": types.Int64Type, "timeout_seconds": types.Int64Type, "grace_seconds": types.Int64Type, "max_restarting": types.Int64Type,
	},
	map[string]attr.Value{
		"waves":             defaultWaves,
		"canary_namespaces": listOf(nil),
		"soak_seconds":      types.Int64Value(defaultUpgradeSoak),
		"timeout_seconds":   types.Int64Value(defaultUpgradeTimeout),
		"grace_seconds":     types.Int64Value(defaultGrace),
		"max_restarting":    types.Int64Value(defaultMaxRestarting),
	},
)

var defaultCharts = types.ObjectValueMust(
	map[string]attr.Type{
		"repository": types.StringType, "digests": types.MapType{ElemType: types.StringType}, "values": jsontypes.NormalizedType{},
	},
	map[string]attr.Value{
		"repository": types.StringValue(defaultRepository),
		"digests":    mapOf(nil),
		"values":     jsontypes.NewNormalizedValue(noValues),
	},
)

func (r *upgradeSettingsResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "When and how the clusters of a mesh have Istio upgraded. A mesh has one of these: creating it changes what is there, " +
			"also for upgrades that are under way, and destroying it puts back what a new mesh has.",
		Attributes: map[string]schema.Attribute{
			"mesh_id": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "Id of the mesh.",
			},
			"windows": windowsAttribute(),
			"freezes": freezesAttribute(),
			"max_in_flight": wholeNumber(defaultMaxInFlight, 1, 1_000,
				"Clusters that may be in the middle of an upgrade at one time; 5 unless said."),
			"require_approval": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether somebody else than whoever planned an upgrade has to approve it; false unless said. Only an admin can switch it off.",
			},
			"policy": upgradePolicyAttribute(),
			"charts": chartsAttribute(),
			"agent": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Image that the agents upgrade themselves to; what each was installed as unless said.",
				Attributes: map[string]schema.Attribute{
					"version": schema.StringAttribute{
						Required:            true,
						Validators:          []validator.String{matches(`\d+\.\d+\.\d+(?:-[-.0-9A-Za-z]+)?`, "must be a version, such as 0.2.0")},
						MarkdownDescription: "Tag of the image, such as `0.2.0`.",
					},
					"digest": schema.StringAttribute{
						Optional:            true,
						Validators:          []validator.String{matches(`sha256:[0-9a-f]{64}`, "must be sha256: and 64 digits of lower-case hex")},
						MarkdownDescription: "Such as `sha256:…`; the tag alone unless said.",
					},
				},
			},
		},
	}
}

func wholeNumber(value, least, most int64, description string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional:            true,
		Computed:            true,
		Default:             int64default.StaticInt64(value),
		Validators:          []validator.Int64{int64validator.Between(least, most)},
		MarkdownDescription: description,
	}
}

func clusterSelectorAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		Validators:          []validator.String{isSelector},
		MarkdownDescription: "Label selector over clusters, as Kubernetes writes it; all unless said.",
	}
}

func nameAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Required:            true,
		Validators:          []validator.String{stringvalidator.LengthBetween(1, 63)},
		MarkdownDescription: "What people know it by; no two of a mesh have one name.",
	}
}

func windowsAttribute() schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Optional:            true,
		Computed:            true,
		Default:             listdefault.StaticValue(types.ListValueMust(windowType, nil)),
		Validators:          []validator.List{listvalidator.SizeAtMost(50)},
		MarkdownDescription: "When clusters may be disturbed; at any time where none selects.",
		NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{
				"name":             nameAttribute(),
				"cluster_selector": clusterSelectorAttribute(),
				"days": schema.SetAttribute{
					ElementType:         types.StringType,
					Required:            true,
					Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(oneOf(client.AllWeekDay))},
					MarkdownDescription: "Days on which it opens: " + wordsOf(client.AllWeekDay) + ".",
				},
				"opens": schema.StringAttribute{
					Required:            true,
					Validators:          []validator.String{isTimeOfDay},
					MarkdownDescription: "HH:MM, in the time zone.",
				},
				"minutes": schema.Int64Attribute{
					Required:            true,
					Validators:          []validator.Int64{int64validator.Between(1, 10_080)},
					MarkdownDescription: "That it stays open, 1 to 10,080; over midnight as well.",
				},
				"time_zone": schema.StringAttribute{
					Required:            true,
					Validators:          []validator.String{isTimeZone},
					MarkdownDescription: "IANA, such as `Europe/Zurich`.",
				},
			},
		},
	}
}

func freezesAttribute() schema.ListNestedAttribute {
	instant := func(description string) schema.StringAttribute {
		return schema.StringAttribute{
			CustomType:          timetypes.RFC3339Type{},
			Required:            true,
			Validators:          []validator.String{isUTC},
			MarkdownDescription: description + ", as RFC 3339 in UTC, such as `2027-01-31T00:00:00Z`.",
		}
	}
	return schema.ListNestedAttribute{
		Optional:            true,
		Computed:            true,
		Default:             listdefault.StaticValue(types.ListValueMust(freezeType, nil)),
		Validators:          []validator.List{listvalidator.SizeAtMost(100)},
		MarkdownDescription: "When nothing moves but what goes back.",
		NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{
				"name":             nameAttribute(),
				"cluster_selector": clusterSelectorAttribute(),
				"from":             instant("When it begins"),
				"until":            instant("When it ends, within 366 days of its beginning"),
			},
		},
	}
}

func upgradePolicyAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		Computed:            true,
		Default:             objectdefault.StaticValue(defaultUpgradePolicy),
		MarkdownDescription: "How upgrades make their way through the clusters that bring no policy of their own.",
		Attributes: map[string]schema.Attribute{
			"waves": wavesAttribute(),
			"canary_namespaces": schema.ListAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Computed:            true,
				Default:             listdefault.StaticValue(listOf(nil)),
				Validators:          []validator.List{listvalidator.SizeAtMost(200), listvalidator.ValueStringsAre(isName)},
				MarkdownDescription: "Namespaces that go first in every cluster that has them; none unless said.",
			},
			"soak_seconds": wholeNumber(defaultUpgradeSoak, 0, 7*86_400,
				"So long the canary namespaces must stay well before the rest follows; 300 unless said."),
			"timeout_seconds": wholeNumber(defaultUpgradeTimeout, 1, 86_400,
				"A stage that is not through by then has its cluster go back; 1800 unless said."),
			"grace_seconds": wholeNumber(defaultGrace, 0, 90*86_400,
				"So long the old revision stays, unused, before it is removed; 86400 unless said."),
			"max_restarting": wholeNumber(defaultMaxRestarting, 1, 100,
				"Workloads of a cluster that restart at one time; 2 unless said."),
		},
	}
}

func chartsAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		Computed:            true,
		Default:             objectdefault.StaticValue(defaultCharts),
		MarkdownDescription: "Where Istio's charts come from.",
		Attributes: map[string]schema.Attribute{
			"repository": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(defaultRepository),
				Validators:          []validator.String{isRepository, stringvalidator.LengthAtMost(500)},
				MarkdownDescription: "`https://…`, `oci://…` or a folder, as the agents see it; Istio's own unless said.",
			},
			"digests": schema.MapAttribute{
				ElementType: types.StringType,
				Optional:    true,
				Computed:    true,
				Default:     mapdefault.StaticValue(mapOf(nil)),
				Validators: []validator.Map{
					mapvalidator.SizeAtMost(500), mapvalidator.KeysAre(isPinned), mapvalidator.ValueStringsAre(isSHA256),
				},
				MarkdownDescription: "SHA-256, in lower-case hex, that the archive of a chart must have, by `base-<version>` or `istiod-<version>`. Charts that are not among them are not pinned.",
			},
			"values": schema.StringAttribute{
				CustomType:          jsontypes.NormalizedType{},
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(noValues),
				MarkdownDescription: "Of the chart istiod, over those that a cluster has: a JSON object, such as of `jsonencode`.",
			},
		},
	}
}
