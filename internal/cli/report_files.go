package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"mlops-infra-suite/internal/sg/report"
)

// stamp is what a report says of itself.
func (s *session) stamp() report.Stamp {
	return report.Stamp{Time: s.app.env.Now(), Version: s.app.env.Version}
}

// writeReport writes a report and the list of all reports beside it, and returns the report's name.
func (s *session) writeReport(kind report.Kind, page []byte) (string, error) {
	name := s.cfg.Names.Report(s.settings.Folders.Reports, string(kind))
	write := s.writeFile
	if kind == report.ReviewKind {
		write = s.writeAnew // it can be made from the config at any time
	}
	if err := write(name, page); err != nil {
		return "", err
	}
	s.tell.step("wrote %s", name)
	return name, s.writeReportIndex()
}

// writeReportIndex writes the list of the reports that are in their folder.
func (s *session) writeReportIndex() error {
	folder := s.settings.Folders.Reports
	entries, err := os.ReadDir(s.path(folder))
	if err != nil {
		return fmt.Errorf("list reports: %w", err)
	}
	var list []report.Meta
	for _, e := range entries {
		if !e.Type().IsRegular() || path.Ext(e.Name()) != ".html" {
			continue
		}
		head, err := readHead(filepath.Join(s.path(folder), e.Name()))
		if err != nil {
			s.tell.say("warning: %s is left out of the list of reports: %v", e.Name(), err)
			continue
		}
		if m, ok := report.ParseMeta(e.Name(), head); ok {
			list = append(list, m)
		}
	}
	page, err := report.Index(list, s.stamp())
	if err != nil {
		return err
	}
	return s.writeAnew(path.Join(folder, report.IndexFile), page)
}

// readHead reads as much of a file as tells whether it is a report.
func readHead(name string) (_ []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, report.HeadBytes))
}
