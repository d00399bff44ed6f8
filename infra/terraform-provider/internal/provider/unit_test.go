package provider

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

func TestValidators(t *testing.T) {
	for name, test := range map[string]struct {
		validator validator.String
		right     []string
		wrong     []string
	}{
		"name":        {isName, []string{"a", "eu-1"}, []string{"", "A", "-a", "a-", "a.b", "a234567890123456789012345678901234567890123456789012345678901234"}},
		"domain":      {isDomain, []string{"cluster.local", "x"}, []string{"", "a..b", "A.b"}},
		"locality":    {isLocality, []string{"eu", "eu/a", "eu/a/b"}, []string{"", "eu/", "eu/a/b/c", "eu a"}},
		"CIDR":        {isCIDR, []string{"10.0.0.0/8", "fd00::/8", "10.0.0.1/32"}, []string{"10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "fe80::1%eth0/64", "a/8"}},
		"service":     {isService, []string{"payments", "*"}, []string{"", "**", "a.b"}},
		"folder":      {isFolder, []string{"shop", "teams/shop_1.x"}, []string{"", "/shop", "shop/", "../shop", "a//b"}},
		"file":        {isFile, []string{"a.yaml", "a/b.yml", "c.json"}, []string{"a.txt", "/a.yaml", "a//b.yaml", "a\\b.yaml", ".yaml/"}},
		"time of day": {isTimeOfDay, []string{"00:00", "23:59"}, []string{"24:00", "9:00", "10:60"}},
		"time zone":   {isTimeZone, []string{"UTC", "Europe/Zurich"}, []string{"", "Local", "Europe/Atlantis", "+02:00"}},
		"duration":    {isDuration, []string{"30s", "1h30m"}, []string{"30", "0s", "-1s", ""}},
		"repository":  {isRepository, []string{"https://a.example/x", "oci://a.example", "/charts"}, []string{"http://a", "oci://user@a", "charts"}},
		"webhook URL": {
			isWebhookURL,
			[]string{"https://a.example", "https://a.example:8443/x?y=@z", "http://127.0.0.1:1/x", "HTTPS://a/@b"},
			[]string{"", "a.example", "ftp://a.example", "https://user:word@a.example", "https://a.example/#x", "https://"},
		},
		"selector": {
			isSelector,
			[]string{"", "env", "!env", "env=prod", "env==prod", "env!=prod", "env=", "env in (a, b)", "env notin(a)", "a=1,b in (x,),!c", " env = prod ", "acme.example/env=prod"},
			[]string{"=prod", "env=prod,", "env in", "env in ()", "env in (a", "env>1", "env prod", "-env", "env==-"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, value := range test.right {
				if !isTaken(test.validator, value) {
					t.Errorf("%q is refused", value)
				}
			}
			for _, value := range test.wrong {
				if isTaken(test.validator, value) {
					t.Errorf("%q is taken", value)
				}
			}
		})
	}
}

func isTaken(wanted validator.String, value string) bool {
	var resp validator.StringResponse
	wanted.ValidateString(context.Background(), validator.StringRequest{Path: path.Root("test"), ConfigValue: types.StringValue(value)}, &resp)
	return !resp.Diagnostics.HasError()
}

func TestFieldsOfTheAPI(t *testing.T) {
	for field, attribute := range map[string]string{
		"name":               "name",
		"meshId":             "mesh_id",
		"windows.0.timeZone": "windows[0].time_zone",
		"policy.soakSeconds": "policy.soak_seconds",
		"charts.repository":  "charts.repository",
		"waves.1.percent":    "waves[1].percent",
	} {
		if found := attributePath(strings.Split(field, ".")).String(); found != attribute {
			t.Errorf("%s is %s", field, found)
		}
	}
}

// onlyThese are the attributes that there are.
type onlyThese []string

func (o onlyThese) PathMatches(_ context.Context, wanted path.Expression) (path.Paths, diag.Diagnostics) {
	if slices.Contains(o, wanted.String()) {
		return path.Paths{path.Root("found")}, nil
	}
	return nil, nil
}

func TestAttributesThatAreBlamed(t *testing.T) {
	there := onlyThese{"cidrs", "waves[1]", "waves", "mesh_id", "name"}
	for field, attribute := range map[string][2]string{
		"input.cidrs.0":                       {"cidrs", "cidrs[0]"},
		"input.meshId":                        {"mesh_id", "mesh_id"},
		"input.rolloutPolicy.waves.1.percent": {"waves[1]", "waves[1].percent"},
		"input.rolloutPolicy.waves.9.percent": {"waves", "waves[9].percent"},
		"input.somewhere.else.name":           {},
		"input.unknown":                       {},
		"input":                               {},
		"":                                    {},
	} {
		at, within, isThere := namedAttribute(context.Background(), there, &client.Error{Field: field})
		if at.String() != attribute[0] || within.String() != attribute[1] || isThere != (attribute[0] != "") {
			t.Errorf("%s is %s of %s", field, within, at)
		}
	}
}

// What is read for an import is what people write, so that no plan finds a difference.
func TestWhatIsImported(t *testing.T) {
	for told, written := range map[string]string{
		"2027-01-31T00:00:00.000Z": "2027-01-31T00:00:00Z",
		"2027-01-31T00:00:00.250Z": "2027-01-31T00:00:00.25Z",
	} {
		if at := timeOf(told).ValueString(); at != written {
			t.Errorf("%s is read as %s", told, at)
		}
	}
	for told, encoded := range map[string]string{
		`{"b": 1, "a": {"d": [1.50, 12345678901234567890], "c": "<x>"}}`: `{"a":{"c":"\u003cx\u003e","d":[1.50,12345678901234567890]},"b":1}`,
		`{}`: `{}`,
	} {
		if read := jsonOf(told).ValueString(); read != encoded {
			t.Errorf("%s is read as %s", told, read)
		}
	}
}

// Documentation is made of descriptions: nothing may be without one, and each is a sentence.
func TestDescriptions(t *testing.T) {
	ctx := context.Background()
	ours := New("test")()
	described := regexp.MustCompile(`(?s)^\S.*[.)]$`)
	check := func(what, description string) {
		if !described.MatchString(description) {
			t.Errorf("%s: %q is no description", what, description)
		}
	}
	var own provider.SchemaResponse
	ours.Schema(ctx, provider.SchemaRequest{}, &own)
	check("provider", own.Schema.MarkdownDescription)
	for _, make := range ours.Resources(ctx) {
		var meta resource.MetadataResponse
		var resp resource.SchemaResponse
		make().Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "isthmus"}, &meta)
		make().Schema(ctx, resource.SchemaRequest{}, &resp)
		check(meta.TypeName, resp.Schema.MarkdownDescription)
		for name, attribute := range resp.Schema.Attributes {
			if name != "timeouts" {
				check(meta.TypeName+"."+name, attribute.GetMarkdownDescription())
			}
		}
		if diags := resp.Schema.ValidateImplementation(ctx); diags.HasError() {
			t.Errorf("%s: %v", meta.TypeName, diags)
		}
	}
	for _, make := range ours.DataSources(ctx) {
		var meta datasource.MetadataResponse
		var resp datasource.SchemaResponse
		make().Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: "isthmus"}, &meta)
		make().Schema(ctx, datasource.SchemaRequest{}, &resp)
		check(meta.TypeName, resp.Schema.MarkdownDescription)
		for name, attribute := range resp.Schema.Attributes {
			check(meta.TypeName+"."+name, attribute.GetMarkdownDescription())
		}
	}
	for _, make := range ours.(provider.ProviderWithEphemeralResources).EphemeralResources(ctx) {
		var meta ephemeral.MetadataResponse
		var resp ephemeral.SchemaResponse
		make().Metadata(ctx, ephemeral.MetadataRequest{ProviderTypeName: "isthmus"}, &meta)
		make().Schema(ctx, ephemeral.SchemaRequest{}, &resp)
		check(meta.TypeName, resp.Schema.MarkdownDescription)
		for name, attribute := range resp.Schema.Attributes {
			check(meta.TypeName+"."+name, attribute.GetMarkdownDescription())
		}
	}
}
