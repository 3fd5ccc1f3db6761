package config

import (
	"bytes"
	_ "embed"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/yamldoc"
)

// SettingsFile is the file of the working directory that overrides single settings.
const SettingsFile = "app_config.yaml"

// Settings are the tool's settings: the embedded defaults, with single keys overridden by SettingsFile.
type Settings struct {
	Folders struct{ Configs, Scenarios, Templates, Policies, Reports string }

	DeployTimeout time.Duration
	DeleteTimeout time.Duration
	VerifyTimeout time.Duration
	PollInterval  time.Duration // on average over an operation

	RulesPerDirection int // quota of one group, direction and address family
	ResourcesPerStack int
	TemplateBytes     int

	TemplateBucket string // as it is written, see Bucket; empty: there is none

	// Ports that checks know, each list over TCP and UDP, but for the amplification ports: those of UDP.
	DatabasePorts      []int
	AdminPorts         []int
	HighRiskPorts      []int
	AmplificationPorts []int
}

//go:embed settings.yaml
var defaultSettings []byte

//go:embed schema/settings.schema.json
var settingsSchema []byte

var compiledSettings = sync.OnceValues(func() (*yamldoc.Schema, error) { return yamldoc.CompileSchema(settingsSchema) })

// LoadSettings reads the settings that hold in workdir: the defaults alone where it has no SettingsFile. What is wrong with the
// file is in the list. The error is about the tool itself, whose schema can't be compiled.
func LoadSettings(workdir string) (Settings, diag.List, diag.Sources, error) {
	layers := []yamldoc.Map{yamldoc.Parse("settings.yaml", defaultSettings).Root()}
	src, err := yamldoc.ReadFile(filepath.Join(workdir, SettingsFile))
	if os.IsNotExist(err) {
		return decodeSettings(layers), nil, nil, nil
	}
	if err != nil {
		var problems diag.List
		problems.Errorf(diag.CodeUnreadable, diag.Pos{File: SettingsFile}, "the settings cannot be read: %v", plain(err))
		return decodeSettings(layers), problems, nil, nil
	}
	schema, err := compiledSettings()
	if err != nil {
		return Settings{}, nil, nil, err
	}
	if saysNothing(src) {
		return decodeSettings(layers), nil, diag.Sources{SettingsFile: src}, nil
	}
	doc := yamldoc.Parse(SettingsFile, src)
	doc.Validate(schema)
	checkDurations(doc.Root(), &doc.Problems)
	checkBucket(doc.Root(), &doc.Problems)
	layers = append(layers, doc.Root())
	return decodeSettings(layers), doc.Problems, diag.Sources{SettingsFile: src}, nil
}

// saysNothing reports a file without a line but comments: one whose settings are all commented out overrides none.
func saysNothing(src []byte) bool {
	lines := bytes.FieldsFunc(src, func(r rune) bool { return r == '\n' || r == '\r' })
	return !slices.ContainsFunc(lines, func(line []byte) bool {
		line = bytes.TrimSpace(line)
		return len(line) > 0 && line[0] != '#'
	})
}

// checkDurations reports times that are of the right form and yet none that can pass: 0s, or thousands of years.
func checkDurations(root yamldoc.Map, problems *diag.List) {
	for _, section := range []string{"timeouts", "polling"} {
		for key, value := range root.Map(section).Entries() {
			if d, err := time.ParseDuration(value.Text()); (err != nil || d <= 0) && value.Sound() {
				problems.Errorf(diag.CodeValue, value.Pos(), "%s.%s: %s is out of range", section, key, value.Text()).
					WithHint("a time such as 90s, 30m or 2h")
			}
		}
	}
}

// decodeSettings reads each key from the last layer that has it.
func decodeSettings(layers []yamldoc.Map) Settings {
	get := func(section, key string) yamldoc.Value {
		value := layers[0].Map(section).Get(key)
		for _, layer := range layers[1:] {
			if v := layer.Map(section).Get(key); v.Exists() {
				value = v
			}
		}
		return value
	}
	duration := func(section, key string) time.Duration {
		d, _ := time.ParseDuration(get(section, key).Text()) // checkDurations has reported it
		return d
	}
	count := func(section, key string) int {
		n, _ := get(section, key).Int()
		return n
	}
	ports := func(key string) (list []int) {
		for _, v := range get("known_ports", key).List() {
			if port, ok := v.Int(); ok {
				list = append(list, port)
			}
		}
		return list
	}
	s := Settings{
		DeployTimeout:     duration("timeouts", "deploy"),
		DeleteTimeout:     duration("timeouts", "delete"),
		VerifyTimeout:     duration("timeouts", "verify"),
		PollInterval:      duration("polling", "average_interval"),
		RulesPerDirection: count("quotas", "rules_per_direction"),
		ResourcesPerStack: count("quotas", "resources_per_stack"),
		TemplateBytes:     count("quotas", "template_bytes"),

		DatabasePorts:      ports("database"),
		AdminPorts:         ports("admin"),
		HighRiskPorts:      ports("high_risk"),
		AmplificationPorts: ports("amplification"),
	}
	for _, layer := range layers {
		if v := layer.Get("template_bucket"); v.Exists() {
			s.TemplateBucket = v.Text()
		}
	}
	s.Folders.Configs = get("folders", "configs").Text()
	s.Folders.Scenarios = get("folders", "scenarios").Text()
	s.Folders.Templates = get("folders", "templates").Text()
	s.Folders.Policies = get("folders", "policies").Text()
	s.Folders.Reports = get("folders", "reports").Text()
	return s
}
