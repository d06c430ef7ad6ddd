package main

import (
	"context"
	_ "embed"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

const (
	group   = "postgresql.cnpg.io"
	version = "v1"
)

//go:embed kinds.yaml
var kinds []byte

var definitions = schema.GroupVersionResource{
	Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
}

// createKinds makes the kinds of CloudNativePG known, and waits until the API server serves them.
func (s *stage) createKinds(ctx context.Context) error {
	var groups map[string]map[string]string
	if err := yaml.Unmarshal(kinds, &groups); err != nil {
		return err
	}
	for group, named := range groups {
		for kind, plural := range named {
			made := definition(group, kind, plural)
			_, err := s.dynamic.Resource(definitions).Create(ctx, made, metav1.CreateOptions{})
			if err != nil && !errors.IsAlreadyExists(err) {
				return err
			}
		}
	}
	for {
		if _, err := s.dynamic.Resource(clusterResource).List(ctx, metav1.ListOptions{Limit: 1}); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func definition(group, kind, plural string) *unstructured.Unstructured {
	scope := "Namespaced"
	if strings.HasPrefix(kind, "Cluster") && kind != "Cluster" {
		scope = "Cluster"
	}
	anything := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1",
		"kind":       "CustomResourceDefinition",
		"metadata": map[string]any{
			"name":   plural + "." + group,
			"labels": map[string]any{"sandbox.buildingos.io/stand-in": "true"},
		},
		"spec": map[string]any{
			"group": group,
			"scope": scope,
			"names": map[string]any{
				"kind": kind, "listKind": kind + "List", "plural": plural, "singular": strings.ToLower(kind),
			},
			"versions": []any{map[string]any{
				"name": version, "served": true, "storage": true,
				"subresources": map[string]any{"status": map[string]any{}},
				"schema": map[string]any{"openAPIV3Schema": map[string]any{
					"type": "object", "properties": map[string]any{"spec": anything, "status": anything},
				}},
			}},
		},
	}}
}
