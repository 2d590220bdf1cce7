package oidctest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// person does at the provider's pages what people do there.
type person struct {
	http *http.Client
	user string
}

func newPerson(user string) *person {
	jar, _ := cookiejar.New(nil) // no options, no error
	return &person{http: &http.Client{Jar: jar, Timeout: 10 * time.Second}, user: user}
}

func (p *person) do(ctx context.Context, method, page string, form url.Values) (string, *url.URL, error) {
	req, err := http.NewRequestWithContext(ctx, method, page, strings.NewReader(form.Encode()))
	if err != nil {
		return "", nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.http.Do(req)
	if err != nil {
		return "", nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: HTTP %d: %s", page, resp.StatusCode, b)
	}
	return string(b), resp.Request.URL, err
}

// visit signs in at the page that a browser was sent to, and is sent back to where it came from. It returns the last page.
func (p *person) visit(ctx context.Context, page string) (string, error) {
	defer p.http.CloseIdleConnections()
	form, at, err := p.do(ctx, http.MethodGet, page, nil)
	if err != nil {
		return "", err
	}
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(form)
	if id == nil {
		return "", fmt.Errorf("no form at %s: %s", at, form)
	}
	last, _, err := p.do(ctx, http.MethodPost, at.ResolveReference(&url.URL{Path: "/login/username"}).String(),
		url.Values{"id": {id[1]}, "username": {p.user}, "password": {Password}})
	return last, err
}

// enter types a device code and allows or denies what the device asks for.
func (p *person) enter(ctx context.Context, page, code, action string) error {
	defer p.http.CloseIdleConnections()
	at, err := url.Parse(page)
	if err != nil {
		return err
	}
	text, _, err := p.do(ctx, http.MethodPost, at.JoinPath("login").String(),
		url.Values{"user_code": {code}, "username": {p.user}, "password": {Password}})
	if err != nil || !strings.Contains(text, "Confirm device") {
		return fmt.Errorf("the code was not taken: %w: %s", err, text)
	}
	_, _, err = p.do(ctx, http.MethodGet, at.JoinPath("confirm").String()+"?action="+action, nil)
	return err
}
