package scenario

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/yamldoc"
)

// Scenario is a named topology, with what it builds on merged in.
type Scenario struct {
	Name        string
	Description string
	Builtin     bool
	Tiers       []ruleset.Tier // without rules
	Rules       []ruleset.Rule // as declared: no mirrors yet
}

func (s *Scenario) tierNames() []string { return ruleset.Set{Tiers: s.Tiers}.TierNames() }

func (s *Scenario) tier(name string) *ruleset.Tier {
	i := slices.IndexFunc(s.Tiers, func(t ruleset.Tier) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &s.Tiers[i]
}

type loader struct {
	library  *Library
	problems diag.List
}

// load reads one scenario onto what it extends; chain are the scenarios that led here, the first one asked for.
func (l *loader) load(by asker, name string, chain []string) (*Scenario, error) {
	s := &Scenario{Name: name}
	file, text, ok := l.library.open(by, name, len(chain) > 0, &l.problems)
	if !ok {
		return s, nil
	}
	doc := yamldoc.Parse(file, text)
	if builtin(name, true) == nil { // a test holds the embedded ones to the schema: it is not worth a start's time
		schema, err := compiled()
		if err != nil {
			return nil, err
		}
		doc.Validate(schema)
	}
	root := doc.Root()
	s.Builtin = builtin(name, false) != nil
	if base := root.Get("extends"); base.Text() != "" {
		if s.Builtin {
			by = theTool
		}
		var err error
		if s, err = l.loadBase(by, base, append(chain, name)); err != nil {
			return nil, err
		}
	}
	s.take(name, root)
	if !l.problems.HasErrors() { // without its base, what a file says of the tiers makes no sense
		s.extend(root.Map("tiers"), &doc.Problems)
		if len(chain) == 0 {
			s.check(root, &doc.Problems)
		}
	}
	l.checkName(root, name)
	l.problems = append(l.problems, doc.Problems...)
	return s, nil
}

// take gives the scenario the name and description of the file that builds on it.
func (s *Scenario) take(name string, root yamldoc.Map) {
	s.Name, s.Builtin = name, builtin(name, false) != nil
	if root.Has("description") {
		s.Description = root.Text("description")
	}
}

// loadBase loads what a scenario builds on. A problem without a place gets the place that names the base.
func (l *loader) loadBase(by asker, base yamldoc.Value, chain []string) (*Scenario, error) {
	name := base.Text()
	if slices.Contains(chain, name) {
		l.problems.Errorf(diag.CodeScenarioFile, base.Pos(), "the scenario builds on itself: %s", strings.Join(append(chain, name), " extends "))
		return &Scenario{}, nil
	}
	before := len(l.problems)
	s, err := l.load(by, name, chain)
	for i := range l.problems[before:] {
		if p := &l.problems[before+i]; p.Pos.IsZero() {
			p.Pos = base.Pos()
		}
	}
	return s, err
}

func (l *loader) checkName(root yamldoc.Map, file string) {
	if name := root.Get("name"); name.Text() != "" && name.Text() != file {
		l.problems.Errorf(diag.CodeScenarioFile, name.Pos(), "the scenario's name is %q, but its file is called %s.yaml", name.Text(), file).
			WithHint("name: %s", file)
	}
}

// extend replaces and adds the tiers of a file, key by key. The service ports come first: they move the rules that are
// taken over, and only those.
func (s *Scenario) extend(tiers yamldoc.Map, problems *diag.List) {
	var moves []move
	for name, value := range tiers.Entries() {
		t := s.tier(name)
		if t == nil {
			s.Tiers = append(s.Tiers, ruleset.Tier{Name: name, Role: ruleset.Other})
			t = s.tier(name)
		}
		body := value.Map()
		if m, ok := describe(t, body, problems); ok {
			moves = append(moves, m)
		}
	}
	s.Rules, _ = movePorts(s.Rules, moves)
	for name, value := range tiers.Entries() {
		body := value.Map()
		s.replaceRules(name, ruleset.Ingress, body, problems)
		s.replaceRules(name, ruleset.Egress, body, problems)
	}
}

// describe takes over what a file says of a tier beside its rules, and returns how its service port moves.
func describe(t *ruleset.Tier, body yamldoc.Map, problems *diag.List) (_ move, moved bool) {
	if role := body.Text("role"); role != "" {
		t.Role = ruleset.Role(role)
	}
	if body.Has("description") {
		t.Description = body.Text("description")
	}
	port := body.Get("service_port")
	if !port.Exists() {
		return move{}, false
	}
	name, ports, _ := strings.Cut(port.Text(), "/")
	protocol, err := ruleset.ParseProtocol(name)
	var parsed ruleset.Ports
	if err == nil {
		parsed, err = ruleset.ParsePorts(ports)
	}
	if err != nil {
		if port.Sound() {
			problems.Errorf(diag.CodePorts, port.Pos(), "service_port: %v", err)
		}
		return move{}, false
	}
	old, service := t.Service, ruleset.Traffic{Protocol: protocol, Ports: parsed}
	t.Service = &service
	if old == nil || *old == service {
		return move{}, false
	}
	return move{tier: t.Name, from: *old, to: service, origin: ruleset.FromScenario, pos: port.Pos()}, true
}

// replaceRules puts a file's list of rules, if it has one, in the place of the inherited list.
func (s *Scenario) replaceRules(tier string, dir ruleset.Direction, body yamldoc.Map, problems *diag.List) {
	list := body.Get(dir.String())
	if !list.Exists() {
		return
	}
	s.Rules = slices.DeleteFunc(s.Rules, func(r ruleset.Rule) bool { return r.Tier == tier && r.Direction == dir })
	for _, v := range list.List() {
		m := v.Map()
		if !m.Sound() {
			continue
		}
		if rule, ok := readRule(m, tier, dir, ruleset.FromScenario, problems); ok {
			s.Rules = append(s.Rules, rule)
		}
	}
}

// check reports what only the whole scenario shows.
func (s *Scenario) check(root yamldoc.Map, problems *diag.List) {
	if len(s.Tiers) == 0 && root.Sound() {
		problems.Errorf(diag.CodeMissingKey, root.Pos(), "the scenario has no tiers").WithHint("add tiers, or extend another scenario")
	}
	s.Rules = checkPeers(s.Rules, s.tierNames(), problems)
	ids := make(map[string]string, len(s.Tiers))
	for _, t := range s.Tiers {
		if other, taken := ids[t.ID()]; taken {
			problems.Errorf(diag.CodeLogicalID, root.Map("tiers").KeyPos(t.Name),
				"the tiers %q and %q would get the same logical ID %s", other, t.Name, t.ID()).WithHint("rename one of them")
		}
		ids[t.ID()] = t.Name
	}
}
