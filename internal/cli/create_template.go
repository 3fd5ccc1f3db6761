package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

type templateResult struct {
	header
	yaml      []byte
	resources int
}

func (r *templateResult) writeText(w io.Writer) {
	switch {
	case r.yaml == nil, r.Error != nil:
	case r.Files.Template == "":
		fmt.Fprintf(w, "%s", r.yaml)
	default:
		fmt.Fprintf(w, "%s (%d resources, %d bytes)\n", r.Files.Template, r.resources, len(r.yaml))
	}
}

func (a *app) createTemplate() *cobra.Command {
	r := &templateResult{}
	return a.action("create-template", "Write the CloudFormation template (with --dry-run: to stdout)", r, func(_ context.Context, s *session) error {
		if err := s.load(); err != nil {
			return err
		}
		if err := s.blocked(); err != nil {
			return err
		}
		text, err := s.template.YAML()
		if err != nil {
			return err
		}
		r.yaml, r.resources = text, s.template.Resources
		if a.opt.dryRun {
			return nil
		}
		return s.writeTemplate(text)
	})
}

func (s *session) writeTemplate(text []byte) error {
	name := s.cfg.Names.Template(s.settings.Folders.Templates)
	if err := s.writeFile(name, text); err != nil {
		return err
	}
	s.doc.head().Files.Template = name
	s.tell.step("wrote %s", name)
	return nil
}
