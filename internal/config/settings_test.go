package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
)

func defaults() config.Settings {
	s := config.Settings{
		DeployTimeout: time.Hour, DeleteTimeout: time.Hour, VerifyTimeout: 30 * time.Second, PollInterval: time.Second,
		RulesPerDirection: 60, ResourcesPerStack: 500, TemplateBytes: 51200,
		DatabasePorts: []int{
			1433, 1434, 1521, 2483, 2484, 3306, 5432, 5439, 5984, 6379, 6380, 7199, 7687, 8086, 8123, 8529, 9042, 9160,
			9200, 9300, 11211, 27017, 27018, 27019, 28015, 50000,
		},
		AdminPorts: []int{
			23, 111, 115, 135, 137, 138, 139, 445, 512, 513, 514, 873, 2049, 2181, 2375, 2376, 2379, 2380, 5900, 5901, 5902,
			5903, 5985, 5986, 6443, 8500, 9092, 10250, 10255,
		},
		HighRiskPorts:      []int{20, 21, 25, 110, 143, 3000, 4333, 5000, 5500, 5601, 8080, 8088, 8888},
		AmplificationPorts: []int{19, 53, 69, 123, 161, 389, 1900, 5353, 11211},
	}
	s.Folders.Configs, s.Folders.Scenarios, s.Folders.Templates = "configs", "scenarios", "templates"
	s.Folders.Policies, s.Folders.Reports = "policies", "reports"
	return s
}

func loadSettings(t *testing.T, text string) (config.Settings, diag.List, diag.Sources) {
	t.Helper()
	workdir := t.TempDir()
	if err := os.WriteFile(filepath.Join(workdir, config.SettingsFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, problems, sources, err := config.LoadSettings(workdir)
	if err != nil {
		t.Fatal(err)
	}
	return settings, problems, sources
}

func TestSettings(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		change     func(*config.Settings)
	}{
		{"single keys", "folders: {configs: conf}\ntimeouts:\n  deploy: 1h30m\nquotas: {rules_per_direction: 100}\n", func(s *config.Settings) {
			s.Folders.Configs, s.DeployTimeout, s.RulesPerDirection = "conf", 90*time.Minute, 100
		}},
		{"a list is replaced as a whole", "known_ports: {database: [1111], amplification: []}\n", func(s *config.Settings) {
			s.DatabasePorts, s.AmplificationPorts = []int{1111}, nil
		}},
		{"a list can be emptied", "known_ports: {database: []}\n", func(s *config.Settings) { s.DatabasePorts = nil }},
		{"a bucket", "template_bucket: a.b-{account_id}-{region}\n", func(s *config.Settings) { s.TemplateBucket = "a.b-{account_id}-{region}" }},
		{"no bucket", "template_bucket: ''\n", func(*config.Settings) {}},
		{"nothing", "{}\n", func(*config.Settings) {}},
		{"an empty file", "", func(*config.Settings) {}},
		{"comments alone", "# quotas:\r\n\n  #  rules_per_direction: 5\n", func(*config.Settings) {}},
		{"a comment with the line break of old Macs", "# lower\rquotas: {rules_per_direction: 5}\n", func(s *config.Settings) { s.RulesPerDirection = 5 }},
		{"all times", "timeouts: {deploy: 1m, delete: 2m, verify: 3s}\npolling: {average_interval: 500ms}\n", func(s *config.Settings) {
			s.DeployTimeout, s.DeleteTimeout, s.VerifyTimeout, s.PollInterval = time.Minute, 2*time.Minute, 3*time.Second, 500*time.Millisecond
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, problems, sources := loadSettings(t, tc.text)
			if len(problems) > 0 {
				t.Error(problems)
			}
			want := defaults()
			tc.change(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(diag.Sources{"app_config.yaml": []byte(tc.text)}, sources); diff != "" {
				t.Errorf("sources (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettingsWithoutFile(t *testing.T) {
	got, problems, _, err := config.LoadSettings(t.TempDir())
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if diff := cmp.Diff(defaults(), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBadSettings(t *testing.T) {
	const span, count = "a time such as 90s, 30m or 2h", "a whole number from 1 to 1000000"
	at := func(id string, column int, summary, hint string) diag.Diagnostic {
		return diag.Diagnostic{ID: id, Pos: diag.Pos{File: "app_config.yaml", Line: 1, Column: column}, Summary: summary, Hint: hint}
	}
	for text, want := range map[string]diag.Diagnostic{
		"timeouts: {deploy: 0s}":                         at(diag.CodeValue, 20, "timeouts.deploy: 0s is out of range", span),
		"timeouts: {delete: 9999999999h}":                at(diag.CodeValue, 20, "timeouts.delete: 9999999999h is out of range", span),
		"timeouts: {deploy: 5}":                          at(diag.CodeType, 20, "timeouts.deploy: text is wanted here, not the number 5", "quote it, and mind what is wanted: a time such as 90s, 30m or 2h"),
		"timeouts: {deploy: soon}":                       at(diag.CodeValue, 20, `timeouts.deploy: the text "soon" does not match ^([0-9]+(ms|s|m|h))+$`, span),
		"polling: {average_interval: 0ms}":               at(diag.CodeValue, 29, "polling.average_interval: 0ms is out of range", span),
		"quotas: {rules_per_direction: 0}":               at(diag.CodeValue, 31, "quotas.rules_per_direction: the number 0 is out of range", count),
		"quotas: {template_bytes: 99999999999999999999}": at(diag.CodeValue, 26, "quotas.template_bytes: the number 99999999999999999999 is out of range", count),
		"timeout: {}":                                    at(diag.CodeUnknownKey, 1, `the file: unknown key "timeout"`, `did you mean "timeouts"?`),
		"template_bucket: Acme": at(diag.CodeValue, 18, `template_bucket: the text "Acme" does not match ^([a-z0-9.-]|\{account_id\}|\{region\})*$`,
			"a bucket's name, in which {account_id} and {region} stand for those of the config"),
		"template_bucket: 'a-{env}'": at(diag.CodeValue, 18, `template_bucket: the text "a-{env}" does not match ^([a-z0-9.-]|\{account_id\}|\{region\})*$`,
			"a bucket's name, in which {account_id} and {region} stand for those of the config"),
		"template_bucket: 5":           at(diag.CodeType, 18, "template_bucket: text is wanted here, not the number 5", `quote it: template_bucket: "5"`),
		"known_ports: {database: [0]}": at(diag.CodeValue, 26, "known_ports.database[0]: the number 0 is out of range", "a port from 1 to 65535"),
	} {
		_, got, _ := loadSettings(t, text)
		if diff := cmp.Diff(diag.List{want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestSettingsThatAreNoFile(t *testing.T) {
	workdir := t.TempDir()
	if err := os.Mkdir(filepath.Join(workdir, config.SettingsFile), 0o700); err != nil {
		t.Fatal(err)
	}
	_, got, _, err := config.LoadSettings(workdir)
	if err != nil {
		t.Fatal(err)
	}
	want := diag.List{{
		ID: diag.CodeUnreadable, Pos: diag.Pos{File: "app_config.yaml"},
		Summary: "the settings cannot be read: it is a directory, not a file",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestBucketNames holds template_bucket to S3's rules, with what is filled in.
func TestBucketNames(t *testing.T) {
	const long = "it must have 3 to 63 characters, with the account and the region in it"
	for name, reason := range map[string]string{
		"abc": "", "a.b-c": "", "a{region}": "", "{account_id}-{region}": "", strings.Repeat("a", 63): "", strings.Repeat("a", 49) + "{region}": "",
		"ab": long, strings.Repeat("a", 64): long, strings.Repeat("a", 50) + "{region}": long,
		"-abc": "it must begin and end with a letter or a digit", "abc.": "it must begin and end with a letter or a digit",
		"a..b": "two dots stand together", "10.1.2.3": "it is an IP address",
		"xn--a": "AWS reserves names that begin with xn--", "sthree-a": "AWS reserves names that begin with sthree-",
		"amzn-s3-demo-a": "AWS reserves names that begin with amzn-s3-demo-", "a-s3alias": "AWS reserves names that end with -s3alias",
		"a--ol-s3": "AWS reserves names that end with --ol-s3", "a.mrap": "AWS reserves names that end with .mrap",
		"a--x-s3": "AWS reserves names that end with --x-s3", "a--table-s3": "AWS reserves names that end with --table-s3",
	} {
		_, problems, _ := loadSettings(t, `template_bucket: "`+name+`"`)
		var want diag.List
		if reason != "" {
			want = diag.List{{
				ID: diag.CodeValue, Pos: diag.Pos{File: "app_config.yaml", Line: 1, Column: 18},
				Summary: fmt.Sprintf("template_bucket: no bucket can have the name %q: %s", name, reason),
				Hint:    "a bucket that exists, such as acme-templates-{account_id}-{region}",
			}}
		}
		if diff := cmp.Diff(want, problems); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestBucketOfAConfig(t *testing.T) {
	c := &config.Config{AccountID: "123456789012", Region: "eu-west-1"}
	for setting, want := range map[string]string{"": "", "fixed": "fixed", "a-{account_id}-{region}": "a-123456789012-eu-west-1"} {
		if got := (config.Settings{TemplateBucket: setting}).Bucket(c); got != want {
			t.Errorf("%q: %q", setting, got)
		}
	}
}
