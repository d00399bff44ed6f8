package provider

import (
	"context"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
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
		"name":                "name",
		"meshId":              "mesh_id",
		"windows[0].timeZone": "windows[0].time_zone",
		"policy.soakSeconds":  "policy.soak_seconds",
		"charts.repository":   "charts.repository",
	} {
		if found := attributePath(field).String(); found != attribute {
			t.Errorf("%s is %s", field, found)
		}
	}
	for message, field := range map[string]string{
		"name must be lower-case letters":            "name",
		"serviceSelector: a In needs values":         "serviceSelector",
		"windows[0].opens must be HH:MM":             "windows[0].opens",
		"freezes[1].name must be another":            "freezes[1].name",
		"there is no such mesh":                      "",
		"the label a/b follows from the cluster":     "",
		"'10' is no CIDR, such as 10.0.0.0/8":        "",
		"a token's role can be at most yours":        "",
		"an organization has at most 50 meshes; use": "",
	} {
		found := ""
		if named := leadingField.FindStringSubmatch(message); named != nil {
			found = named[1]
		}
		if found != field {
			t.Errorf("%q is about %q, not %q", message, found, field)
		}
	}
}

func TestInstallation(t *testing.T) {
	command := `helm upgrade --install isthmus-agent '/char ts/it'\''s' --reset-then-reuse-values --namespace isthmus-system --create-namespace ` +
		`--set-string hub.address=hub.example:8443 --set-string joinToken=isthmus_join_x --set-string hub.caBundle=LS0tLS1CRUdJTg==`
	chart, address, ca := installation(command)
	if chart.ValueString() != "/char ts/it's" || address.ValueString() != "hub.example:8443" || ca.ValueString() != "-----BEGIN" {
		t.Errorf("%s, %s, %s", chart, address, ca)
	}
	if chart, address, ca := installation("helm upgrade --install isthmus-agent"); !chart.IsNull() || !address.IsNull() || !ca.IsNull() {
		t.Errorf("%s, %s, %s", chart, address, ca)
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
