package yamldoc_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/yamldoc"
)

const (
	configSchema   = "../config/schema/config.schema.json"
	settingsSchema = "../config/schema/settings.schema.json"
	scenarioSchema = "../sg/scenario/scenario.schema.json"
)

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func schemaOf(t testing.TB, path string) *yamldoc.Schema {
	t.Helper()
	schema, err := yamldoc.CompileSchema(read(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func parseJSON[T any](t *testing.T, text []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// CompileSchema trusts the embedded schemas; here they are held to the real metaschema of draft 2020-12.
func TestSchemasAreSchemas(t *testing.T) {
	const draft = "https://json-schema.org/draft/2020-12/schema"
	meta, err := jsonschema.NewCompiler().Compile(draft)
	if err != nil {
		t.Fatal(err)
	}
	if meta.Validate(map[string]any{"type": "strange"}) == nil {
		t.Fatal("this is not the metaschema: it takes a type that does not exist")
	}
	for _, path := range []string{configSchema, settingsSchema, scenarioSchema} {
		schema := parseJSON[map[string]any](t, read(t, path))
		if schema["$schema"] != draft {
			t.Errorf("%s: $schema is %v, want %s", path, schema["$schema"], draft)
		}
		if err := meta.Validate(schema); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		compileStrictly(t, path)
	}
}

// compileStrictly compiles a schema with another library, which costs too much at start-up for the product itself, and
// which refuses references that lead nowhere.
func compileStrictly(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("mem:schema", parseJSON[any](t, read(t, path))); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("mem:schema")
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return schema
}

// The library that validates agrees with another one, on the examples and on each of them less one value.
func TestLibrariesAgree(t *testing.T) {
	files, err := filepath.Glob("../../examples/configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	ours, other := schemaOf(t, configSchema), compileStrictly(t, configSchema)
	for _, file := range files {
		lines := strings.SplitAfter(string(read(t, file)), "\n")
		for i := range lines {
			for _, by := range []string{"", "x: 1\n", "  x: [1]\n"} {
				src := strings.Join(slices.Concat(lines[:i], []string{by}, lines[i+1:]), "")
				doc := yamldoc.Parse(file, []byte(src))
				var value any
				if len(doc.Problems) > 0 || yaml.Load([]byte(src), &value) != nil {
					continue
				}
				doc.Validate(ours)
				if err := other.Validate(value); (err == nil) != (len(doc.Problems) == 0) {
					t.Errorf("%s with %q on line %d: %v, the other library says %v", file, by, i+1, lines, err)
				}
			}
		}
	}
}

// A rule is written the same way in a config and in a scenario.
func TestRulesHaveOneSchema(t *testing.T) {
	defs := func(path string) map[string]any {
		return parseJSON[map[string]map[string]any](t, withoutStrings(t, path))["$defs"]
	}
	config, scenario := defs(configSchema), defs(scenarioSchema)
	shared := []string{"ingress", "egress", "protocol", "port", "portRange", "icmp", "cidr", "tier", "group", "prefixList", "description"}
	for _, name := range shared {
		if diff := cmp.Diff(config[name], scenario[name]); diff != "" || config[name] == nil {
			t.Errorf("%s (-config +scenario):\n%s", name, diff)
		}
	}
	for name := range scenario {
		if _, both := config[name]; both && !slices.Contains(shared, name) {
			t.Errorf("%s is in both schemas, but not compared", name)
		}
	}
}

// withoutStrings is a schema less its top-level texts, so that all that is left are objects.
func withoutStrings(t *testing.T, path string) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"$defs": parseJSON[map[string]any](t, read(t, path))["$defs"]})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestExamplesAndCatalogueAreValid(t *testing.T) {
	for pattern, schema := range map[string]string{
		"../../examples/configs/*.yaml":       configSchema,
		"../sg/scenario/catalogue/*.yaml":     scenarioSchema,
		"../sg/scenario/catalogue/*/*.yaml":   scenarioSchema,
		"../config/settings.yaml":             settingsSchema,
		"../../examples/scenarios/*.yaml":     scenarioSchema,
		"../../examples/*/app_config.yaml":    settingsSchema,
		"../../examples/*/configs/*.yaml":     configSchema,
		"../../examples/*/scenarios/*.yaml":   scenarioSchema,
		"../../examples/*/*/app_config.yaml":  settingsSchema,
		"../../examples/*/*/scenarios/*.yaml": scenarioSchema,
	} {
		files, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 0 && !strings.HasPrefix(pattern, "../../examples/*") && !strings.HasPrefix(pattern, "../../examples/s") {
			t.Errorf("%s matches no file", pattern)
		}
		for _, file := range files {
			doc := yamldoc.Parse(file, read(t, filepath.ToSlash(file)))
			doc.Validate(schemaOf(t, schema))
			if diff := cmp.Diff([]string(nil), lines(doc.Problems)); diff != "" {
				t.Errorf("%s:\n%s", file, diff)
			}
		}
	}
}

// Every keyword of the embedded schemas that can fail has a message of its own, with a hint that says what is wanted.
func TestKeywordsHaveMessages(t *testing.T) {
	const head = `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups:
  scenario: x
`
	ingress := func(rule string) string {
		return head + "  overrides: {app: {additional_ingress: [\n" + rule + "\n]}}\n"
	}
	const path = "security_groups.overrides.app.additional_ingress[0]"
	cases := map[string]struct {
		schema, src string
		want        []string
	}{
		"type": {configSchema, ingress(`{protocol: tcp, port: "443", source_tier: web, description: 7}`), []string{
			"6:23 CFG005 " + path + `.port: a whole number is wanted here, not the text "443" [write it without quotes: port: 443]`,
			"6:61 CFG005 " + path + `.description: text is wanted here, not the number 7 [quote it: description: "7"]`,
		}},
		"required": {configSchema, ingress(`{source_tier: web}`), []string{
			"6:1 CFG006 " + path + `: "protocol" is missing [tcp, udp, icmp, icmpv6, all (or -1), or a protocol number from 0 to 255]`,
		}},
		"additionalProperties": {configSchema, ingress(`{protocol: tcp, port: 443, source_tier: web, descritpion: x, zone: y}`), []string{
			"6:46 CFG003 " + path + `: unknown key "descritpion" [did you mean "description"?]`,
			"6:62 CFG003 " + path + `: unknown key "zone" [known are: description, icmp_code, icmp_type, port_range, source, source_prefix_list, source_sg]`,
		}},
		"oneOf": {configSchema, ingress(`{protocol: tcp, port: 1}, {protocol: tcp, port: 2, source: 10.0.0.0/8, source_sg: sg-12345678}`), []string{
			"6:1 CFG008 " + path + `: one of source, source_tier, source_sg, source_prefix_list is missing [a rule for traffic into the tier; its peer is one of source (a CIDR), source_tier, source_sg and source_prefix_list]`,
			"6:72 CFG008 " + strings.Replace(path, "[0]", "[1]", 1) + `: source and source_sg exclude each other [keep exactly one of source, source_tier, source_sg, source_prefix_list]`,
		}},
		"not": {configSchema, ingress(`{protocol: tcp, port: 1, port_range: 1-2, source_tier: web}`), []string{
			"6:1 CFG009 " + path + `: port and port_range exclude each other [keep one of them]`,
		}},
		"minimum": {configSchema, ingress(`{protocol: tcp, port: 0, source_tier: web}`), []string{
			"6:23 CFG007 " + path + `.port: the number 0 is out of range [a port from 1 to 65535; several ports are written as port_range: FROM-TO]`,
		}},
		"maximum": {configSchema, ingress(`{protocol: tcp, port: 99999999999999999999, source_tier: web}`), []string{
			"6:23 CFG007 " + path + `.port: the number 99999999999999999999 is out of range [a port from 1 to 65535; several ports are written as port_range: FROM-TO]`,
		}},
		"pattern": {configSchema, ingress(`{protocol: tcp, port_range: "80", source_tier: web}`), []string{
			"6:29 CFG007 " + path + `.port_range: the text "80" does not match ^[0-9]{1,5}-[0-9]{1,5}$ [FROM-TO, both from 1 to 65535]`,
		}},
		"minLength": {configSchema, ingress(`{protocol: tcp, port: 80, source_tier: ""}`), []string{
			"6:40 CFG007 " + path + `.source_tier: the text is empty [the name of a tier of the scenario]`,
		}},
		"maxLength": {configSchema, ingress(`{protocol: tcp, port: 80, source_tier: ` + strings.Repeat("x", 65) + `}`), []string{
			"6:40 CFG007 " + path + `.source_tier: the text has 65 characters, over the limit of 64 [the name of a tier of the scenario]`,
		}},
		"enum": {configSchema, strings.Replace(head, "env: dev", "env: production", 1), []string{
			`2:20 CFG007 environment.env: the text "production" is not one of prod, staging, test, dev [did you mean "prod"?]`,
		}},
		"const": {configSchema, head + "version: 2\n", []string{
			"5:10 CFG007 version: the number 2 is not known; only 1 is [Version of this format.]",
		}},
		"minProperties": {configSchema, head + "  overrides: {app: {}}\n", []string{
			"5:20 CFG007 security_groups.overrides.app: at least 1 entry is wanted here [Changes to one tier.]",
		}},
		"maxProperties": {configSchema, head + "tags: {" + manyTags(41) + "}\n", []string{
			"5:7 CFG007 tags: 41 entries are over the limit of 40 [Tags of every group and of the stack, beside the tool's own.]",
		}},
		"minItems": {configSchema, head + "  assertions: [{deny: {from: a, to: b, ports: []}}]\n", []string{
			"5:47 CFG007 security_groups.assertions[0].deny.ports: at least 1 entry is wanted here [what the claim is about, such as tcp/443 or udp/8000-8100; all traffic when left out]",
		}},
		"propertyNames": {scenarioSchema, "{name: x, tiers: {Web: {rol: app}, internet: 3}}", []string{
			`1:19 CFG007 tiers: the name "Web" is not allowed [a tier's name is 1 to 31 lower-case letters, digits and hyphens, a letter first; internet and internet-ipv6 are taken]`,
			`1:25 CFG003 tiers.Web: unknown key "rol" [did you mean "role"?]`,
			`1:36 CFG007 tiers: the name "internet" is not allowed [a tier's name is 1 to 31 lower-case letters, digits and hyphens, a letter first; internet and internet-ipv6 are taken]`,
			"1:46 CFG005 tiers.internet: a mapping or nothing is wanted here, not the number 3 [a tier: role, description, service_port, ingress, egress; each may be left out]",
		}},
	}
	for keyword, tc := range cases {
		t.Run(keyword, func(t *testing.T) {
			doc := yamldoc.Parse("f.yaml", []byte(tc.src))
			doc.Validate(schemaOf(t, tc.schema))
			if diff := cmp.Diff(tc.want, lines(doc.Problems)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}

	annotations := []string{"$schema", "$ref", "$defs", "title", "description", "default", "properties", "items"}
	for _, path := range []string{configSchema, settingsSchema, scenarioSchema} {
		for keyword := range keywords(parseJSON[map[string]any](t, read(t, path))) {
			if _, ok := cases[keyword]; !ok && !slices.Contains(annotations, keyword) {
				t.Errorf("%s uses %q, which no case of this test shows", path, keyword)
			}
		}
	}
}

func manyTags(n int) string {
	var pairs []string
	for i := range n {
		pairs = append(pairs, "k"+strings.Repeat("x", i)+": v")
	}
	return strings.Join(pairs, ", ")
}

// keywords are the keywords that a schema and the schemas inside of it use.
func keywords(schema map[string]any) map[string]bool {
	found := map[string]bool{}
	for keyword, value := range schema {
		found[keyword] = true
		var inner []any
		switch v := value.(type) {
		case []any:
			inner = v
		case map[string]any:
			if keyword == "properties" || keyword == "$defs" {
				inner = slices.Collect(maps.Values(v)) // names, not keywords
			} else {
				inner = []any{v}
			}
		}
		for _, s := range inner {
			if s, ok := s.(map[string]any); ok {
				maps.Copy(found, keywords(s))
			}
		}
	}
	return found
}

func TestTypeHints(t *testing.T) {
	const schema = `{"type": "object", "properties": {
		"text": {"type": "string", "description": "some text."}, "number": {"type": "integer"}, "map": {"type": "object", "description": "a map"}, "flag": {"type": "boolean"},
		"either": {"type": ["string", "integer"], "maximum": 5}, "list": {"type": "array", "items": {"type": "string"}}}}`
	compiled, err := yamldoc.CompileSchema([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	for src, want := range map[string]string{
		"text: 012345678901": `1:7 CFG005 text: text is wanted here, not the number 012345678901 [quote it: text: "012345678901"]`,
		"text: 0001":         `1:7 CFG005 text: text is wanted here, not the number 0001 [quote it: text: "0001"]`,
		"text: 1e10":         `1:7 CFG005 text: text is wanted here, not the number 1e10 [quote it: text: "1e10"]`,
		"text: true":         `1:7 CFG005 text: text is wanted here, not the boolean true [quote it: text: "true"]`,
		"text: ~":            `1:7 CFG005 text: text is wanted here, not nothing [give it a value (some text) or remove it]`,
		"number:":            `1:8 CFG005 number: a whole number is wanted here, not nothing [give it a value or remove it]`,
		"text: [a]":          `1:7 CFG005 text: text is wanted here, not a list [some text.]`,
		"number: 4.5":        `1:9 CFG005 number: a whole number is wanted here, not the number 4.5`,
		"number: 0443":       `1:9 CFG005 number: a whole number is wanted here, not the number 0443 [write it without leading zeros: they make it octal in some versions of YAML]`,
		`number: "12"`:       `1:9 CFG005 number: a whole number is wanted here, not the text "12" [write it without quotes: number: 12]`,
		"number: 80-90":      `1:9 CFG005 number: a whole number is wanted here, not the text "80-90"`,
		"number: .inf":       "",
		"map: x":             `1:6 CFG005 map: a mapping is wanted here, not the text "x" [a map]`,
		"flag: 1":            `1:7 CFG005 flag: true or false is wanted here, not the number 1`,
		"either: 0xff":       `1:9 CFG007 either: the number 0xff is out of range`,
		"list: [1]":          `1:8 CFG005 list[0]: text is wanted here, not the number 1 [quote it: "1"]`,
		"list: {}":           `1:7 CFG005 list: a list is wanted here, not a mapping`,
	} {
		doc := yamldoc.Parse("f.yaml", []byte(src))
		doc.Validate(compiled)
		if got := strings.Join(lines(doc.Problems), "\n"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", src, got, want)
		}
	}
}

func TestCompileSchemaRefusesWhatIsNone(t *testing.T) {
	for _, text := range []string{"", "{", `{"$ref": "#/nowhere"}`, `{"$ref": "#/$defs/none"}`, `{"format": "date"}`, `{"type": 1}`, `{"items": 1}`} {
		if _, err := yamldoc.CompileSchema([]byte(text)); err == nil {
			t.Errorf("%q was compiled", text)
		}
	}
}
