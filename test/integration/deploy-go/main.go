// Reads deployment files with the types of the projects that they are for, and refuses what those do not know.
//
//	main compose <file>...    one Compose project of all the files together
//	main k8s <file>...        documents of manifests
//
// Prints a line for each service or object; exits with 1 and the fault when one cannot be read.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"

	"github.com/compose-spec/compose-go/v2/loader"
	compose "github.com/compose-spec/compose-go/v2/types"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// The types of what we use. KEDA's own are left out: to compile them takes longer than all of this.
var kinds = map[string]func() any{
	"v1 ConfigMap":                           func() any { return &core.ConfigMap{} },
	"v1 Service":                             func() any { return &core.Service{} },
	"apps/v1 Deployment":                     func() any { return &apps.Deployment{} },
	"apps/v1 StatefulSet":                    func() any { return &apps.StatefulSet{} },
	"autoscaling/v2 HorizontalPodAutoscaler": func() any { return &autoscaling.HorizontalPodAutoscaler{} },
	"batch/v1 Job":                           func() any { return &batch.Job{} },
	"monitoring.coreos.com/v1 PodMonitor":    func() any { return &monitoring.PodMonitor{} },
	"networking.k8s.io/v1 NetworkPolicy":     func() any { return &networking.NetworkPolicy{} },
	"policy/v1 PodDisruptionBudget":          func() any { return &policy.PodDisruptionBudget{} },
}

func readManifests(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		var head struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Metadata   struct {
				Name string `json:"name"`
			} `json:"metadata"`
		}
		if err := yaml.Unmarshal(document, &head); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if head.Kind == "" {
			continue // the comments before the first document
		}
		create, isKnown := kinds[head.APIVersion+" "+head.Kind]
		if !isKnown {
			return fmt.Errorf("%s: no type of %s %s", path, head.APIVersion, head.Kind)
		}
		if err := yaml.UnmarshalStrict(document, create()); err != nil {
			return fmt.Errorf("%s: %s %s: %w", path, head.Kind, head.Metadata.Name, err)
		}
		fmt.Println(head.Kind, head.Metadata.Name)
	}
}

func readCompose(paths []string) error {
	files := make([]compose.ConfigFile, len(paths))
	for index, path := range paths {
		files[index] = compose.ConfigFile{Filename: path}
	}
	working, err := os.Getwd()
	if err != nil {
		return err
	}
	details := compose.ConfigDetails{WorkingDir: working, ConfigFiles: files, Environment: compose.Mapping{}}
	project, err := loader.LoadWithContext(context.Background(), details, func(options *loader.Options) {
		options.SetProjectName("notification-streams", true)
	})
	if err != nil {
		return err
	}
	if err := project.CheckContainerNameUnicity(); err != nil {
		return err
	}
	names := project.ServiceNames()
	sort.Strings(names)
	for _, name := range names {
		fmt.Println("service", name)
	}
	return nil
}

func run(arguments []string) error {
	if len(arguments) < 2 {
		return errors.New("expected compose or k8s, and files")
	}
	if arguments[0] == "compose" {
		return readCompose(arguments[1:])
	}
	for _, path := range arguments[1:] {
		if err := readManifests(path); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
