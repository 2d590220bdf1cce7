package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// account is where a mailbox is and who asks for it.
type account struct {
	mailbox, user, server string
	password              passwordSource
	tokenFile             string
	target                targetAccount
}

// targetAccount is the mailbox that an account's items are put into.
type targetAccount struct {
	mailbox, user string
	server        string // of people's data, by EAS
	imap          string // of mail
	password      passwordSource
	tokenFile     string
}

// account is the target as one that signs in.
func (t targetAccount) account() account {
	return account{mailbox: t.mailbox, user: t.user, server: t.server, password: t.password, tokenFile: t.tokenFile}
}

func (a account) check() error {
	if a.tokenFile != "" && a.password != (passwordSource{}) {
		return errors.New("both a token file and a password")
	}
	if a.target != (targetAccount{}) {
		if err := a.target.account().check(); err != nil {
			return fmt.Errorf("target: %w", err)
		}
	}
	return a.password.check()
}

// column puts a value of the CSV file into an account.
type column struct {
	name string
	put  func(*account, string)
}

func columns() []column {
	return []column{
		{"mailbox", func(a *account, v string) { a.mailbox = v }},
		{"user", func(a *account, v string) { a.user = v }},
		{"password_file", func(a *account, v string) { a.password.file = v }},
		{"password_command", func(a *account, v string) { a.password.command = v }},
		{"password_env", func(a *account, v string) { a.password.env = v }},
		{"token_file", func(a *account, v string) { a.tokenFile = v }},
		{"server", func(a *account, v string) { a.server = v }},
		{"target", func(a *account, v string) { a.target.mailbox = v }},
		{"target_user", func(a *account, v string) { a.target.user = v }},
		{"target_password_file", func(a *account, v string) { a.target.password.file = v }},
		{"target_password_command", func(a *account, v string) { a.target.password.command = v }},
		{"target_password_env", func(a *account, v string) { a.target.password.env = v }},
		{"target_token_file", func(a *account, v string) { a.target.tokenFile = v }},
		{"target_server", func(a *account, v string) { a.target.server = v }},
		{"target_imap", func(a *account, v string) { a.target.imap = v }},
	}
}

func csvColumns() []string {
	var names []string
	for _, c := range columns() {
		names = append(names, c.name)
	}
	return names
}

// readMailboxes reads the file of --mailboxes. Errors name the line.
func readMailboxes(file string) ([]account, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("--mailboxes: "+err.Error(), "")
	}
	accounts, err := parseMailboxes(b)
	if err != nil {
		return nil, usage(fmt.Sprintf("--mailboxes %s: %s", file, err), hintOf(err))
	}
	return accounts, nil
}

func parseMailboxes(b []byte) ([]account, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))) // spreadsheets write a byte order mark
	r.Comment, r.TrimLeadingSpace = '#', true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, usage("the file is empty", "its first line names the columns: "+strings.Join(csvColumns(), ","))
	}
	if err != nil {
		return nil, csvError(err)
	}
	fields, err := parseHeader(header)
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	var accounts []account
	lines := map[string]int{} // of each mailbox
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := r.FieldPos(0)
		var a account
		for i, put := range fields {
			put(&a, strings.TrimSpace(record[i]))
		}
		key := strings.ToLower(a.mailbox)
		switch first, err := lines[key], a.check(); {
		case a.mailbox == "":
			return nil, fmt.Errorf("line %d: no mailbox", line)
		case first > 0:
			return nil, fmt.Errorf("line %d: %s is in line %d already", line, a.mailbox, first)
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		lines[key] = line
		accounts = append(accounts, a)
	}
	if len(accounts) == 0 {
		return nil, errors.New("no mailbox in it")
	}
	return accounts, nil
}

func parseHeader(header []string) ([]func(*account, string), error) {
	known := columns()
	var fields []func(*account, string)
	var seen []string
	for _, name := range header {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(known, func(c column) bool { return c.name == name })
		if i < 0 {
			return nil, usage(fmt.Sprintf("unknown column %q", name), "the columns are "+strings.Join(csvColumns(), ","))
		}
		if slices.Contains(seen, name) {
			return nil, fmt.Errorf("column %q is there twice", name)
		}
		seen = append(seen, name)
		fields = append(fields, known[i].put)
	}
	if !slices.Contains(seen, "mailbox") {
		return nil, usage("no column mailbox", "the first line names the columns: "+strings.Join(csvColumns(), ","))
	}
	return fields, nil
}

// csvError says the line in our words.
func csvError(err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return fmt.Errorf("line %d: %w", pe.Line, pe.Err)
	}
	return err
}
