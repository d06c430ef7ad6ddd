package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const clusterLabel = "cnpg.io/cluster"

var clusterResource = schema.GroupVersionResource{Group: group, Version: version, Resource: "clusters"}

// cluster is what the stand-in reads of a CloudNativePG Cluster; the operator reads a hundred times as much.
type cluster struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Instances         int                           `json:"instances"`
		ImageName         string                        `json:"imageName"`
		PriorityClassName string                        `json:"priorityClassName"`
		Resources         corev1.ResourceRequirements   `json:"resources"`
		Storage           volumeClaim                   `json:"storage"`
		WalStorage        *volumeClaim                  `json:"walStorage"`
		ImagePullSecrets  []corev1.LocalObjectReference `json:"imagePullSecrets"`
		InheritedMetadata struct {
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"inheritedMetadata"`
		Managed struct {
			Services struct {
				Disabled   []string `json:"disabledDefaultServices"`
				Additional []struct {
					SelectorType string `json:"selectorType"`
					Template     struct {
						metav1.ObjectMeta `json:"metadata"`
					} `json:"serviceTemplate"`
				} `json:"additional"`
			} `json:"services"`
		} `json:"managed"`
		Affinity struct {
			NodeSelector    map[string]string    `json:"nodeSelector"`
			Tolerations     []corev1.Toleration  `json:"tolerations"`
			NodeAffinity    *corev1.NodeAffinity `json:"nodeAffinity"`
			EnablePodAnti   *bool                `json:"enablePodAntiAffinity"`
			PodAntiAffinity string               `json:"podAntiAffinityType"`
			TopologyKey     string               `json:"topologyKey"`
		} `json:"affinity"`
		TopologySpread []corev1.TopologySpreadConstraint `json:"topologySpreadConstraints"`
	} `json:"spec"`
}

type volumeClaim struct {
	Size         string  `json:"size"`
	StorageClass *string `json:"storageClass"`
}

// lookAtCluster plays the operator: a claim and a pod an instance, three Services, a status; claims grow with the spec.
func (s *stage) lookAtCluster(ctx context.Context, key string) error {
	found, exists, err := s.clusters.GetByKey(key)
	if err != nil || !exists {
		return err
	}
	object := found.(*unstructured.Unstructured)
	if object.GetDeletionTimestamp() != nil {
		return nil
	}
	wanted := &cluster{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, wanted); err != nil {
		return err
	}
	wanted.Spec.Instances = max(wanted.Spec.Instances, 1)
	var ready []string
	for number := 1; number <= wanted.Spec.Instances; number++ {
		name := fmt.Sprintf("%s-%d", wanted.Name, number)
		if err := s.ensureClaims(ctx, wanted, name); err != nil {
			return err
		}
		isReady, err := s.ensurePod(ctx, wanted, name, number == 1)
		if err != nil {
			return err
		}
		if isReady {
			ready = append(ready, name)
		}
	}
	if err := s.dropPods(ctx, wanted); err != nil {
		return err
	}
	if err := s.ensureServices(ctx, wanted); err != nil {
		return err
	}
	return s.report(ctx, object, wanted, ready)
}

func (c *cluster) meta(name string, labels map[string]string) metav1.ObjectMeta {
	controls := true
	all := map[string]string{clusterLabel: c.Name, "app.kubernetes.io/name": "postgresql"}
	for _, more := range []map[string]string{c.Spec.InheritedMetadata.Labels, labels} {
		for key, value := range more {
			all[key] = value
		}
	}
	return metav1.ObjectMeta{
		Name: name, Namespace: c.Namespace, Labels: all, Annotations: c.Spec.InheritedMetadata.Annotations,
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: group + "/" + version, Kind: "Cluster", Name: c.Name, UID: c.UID, Controller: &controls,
		}},
	}
}

func (s *stage) ensureClaims(ctx context.Context, c *cluster, instance string) error {
	wanted := map[string]volumeClaim{instance: c.Spec.Storage}
	if c.Spec.WalStorage != nil {
		wanted[instance+"-wal"] = *c.Spec.WalStorage
	}
	for name, storage := range wanted {
		if err := s.ensureClaim(ctx, c, name, instance, storage); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) ensureClaim(ctx context.Context, c *cluster, name, instance string, storage volumeClaim) error {
	size, err := resource.ParseQuantity(storage.Size)
	if err != nil {
		return fmt.Errorf("size of %s: %w", name, err)
	}
	api := s.client.CoreV1().PersistentVolumeClaims(c.Namespace)
	claim, err := s.claims.PersistentVolumeClaims(c.Namespace).Get(name)
	if errors.IsNotFound(err) {
		_, err = api.Create(ctx, &corev1.PersistentVolumeClaim{
			ObjectMeta: c.meta(name, map[string]string{"cnpg.io/instanceName": instance}),
			Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				StorageClassName: storage.StorageClass,
				Resources: corev1.VolumeResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceStorage: size},
				},
			},
		}, metav1.CreateOptions{})
		return unlessThere(err)
	}
	if size.Cmp(claim.Spec.Resources.Requests[corev1.ResourceStorage]) <= 0 {
		return nil
	}
	grown := claim.DeepCopy()
	grown.Spec.Resources.Requests[corev1.ResourceStorage] = size
	_, err = api.Update(ctx, grown, metav1.UpdateOptions{})
	return err
}

func (s *stage) ensurePod(ctx context.Context, c *cluster, name string, isPrimary bool) (bool, error) {
	pod, err := s.pods.Pods(c.Namespace).Get(name)
	if err == nil {
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
				return true, nil
			}
		}
		return false, nil
	}
	role := "replica"
	if isPrimary {
		role = "primary"
	}
	_, err = s.client.CoreV1().Pods(c.Namespace).Create(ctx, &corev1.Pod{
		ObjectMeta: c.meta(name, map[string]string{
			"cnpg.io/instanceName": name, "cnpg.io/instanceRole": role, "role": role, "cnpg.io/podRole": "instance",
		}),
		Spec: c.podSpec(name),
	}, metav1.CreateOptions{})
	return false, unlessThere(err)
}

func (c *cluster) podSpec(name string) corev1.PodSpec {
	yes, no, user := true, false, int64(26)
	volume := func(name, claim string) corev1.Volume {
		return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim},
		}}
	}
	image := c.Spec.ImageName
	if image == "" {
		image = "ghcr.io/cloudnative-pg/postgresql:18"
	}
	spec := corev1.PodSpec{
		Containers: []corev1.Container{{
			Name: "postgres", Image: image, Resources: c.Spec.Resources,
			Ports:        []corev1.ContainerPort{{Name: "postgresql", ContainerPort: 5432}},
			VolumeMounts: []corev1.VolumeMount{{Name: "pgdata", MountPath: "/var/lib/postgresql/data"}},
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
				Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
		}},
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &user, FSGroup: &user,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Volumes:                   []corev1.Volume{volume("pgdata", name)},
		PriorityClassName:         c.Spec.PriorityClassName,
		ImagePullSecrets:          c.Spec.ImagePullSecrets,
		NodeSelector:              c.Spec.Affinity.NodeSelector,
		Tolerations:               c.Spec.Affinity.Tolerations,
		TopologySpreadConstraints: c.Spec.TopologySpread,
		Affinity:                  &corev1.Affinity{NodeAffinity: c.Spec.Affinity.NodeAffinity, PodAntiAffinity: c.apart()},
	}
	if c.Spec.WalStorage != nil {
		spec.Volumes = append(spec.Volumes, volume("pg-wal", name+"-wal"))
		spec.Containers[0].VolumeMounts = append(spec.Containers[0].VolumeMounts,
			corev1.VolumeMount{Name: "pg-wal", MountPath: "/var/lib/postgresql/wal"})
	}
	return spec
}

// apart keeps the instances on different nodes, as the operator does unless it is told otherwise.
func (c *cluster) apart() *corev1.PodAntiAffinity {
	wish := c.Spec.Affinity
	if wish.EnablePodAnti != nil && !*wish.EnablePodAnti {
		return nil
	}
	term := corev1.PodAffinityTerm{
		LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{clusterLabel: c.Name}},
		TopologyKey:   wish.TopologyKey,
	}
	if term.TopologyKey == "" {
		term.TopologyKey = corev1.LabelHostname
	}
	if wish.PodAntiAffinity == "required" {
		return &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{term}}
	}
	return &corev1.PodAntiAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{Weight: 100, PodAffinityTerm: term}},
	}
}

// dropPods ends the instances beyond the wanted number; their claims stay, as the operator leaves none half-used.
func (s *stage) dropPods(ctx context.Context, c *cluster) error {
	for number := c.Spec.Instances + 1; ; number++ {
		name := fmt.Sprintf("%s-%d", c.Name, number)
		if _, err := s.pods.Pods(c.Namespace).Get(name); err != nil {
			return nil
		}
		err := s.client.CoreV1().Pods(c.Namespace).Delete(ctx, name, metav1.DeleteOptions{})
		if err != nil && !errors.IsNotFound(err) {
			return err
		}
	}
}

func (s *stage) ensureServices(ctx context.Context, c *cluster) error {
	for _, role := range []string{"rw", "ro", "r"} {
		if slices.Contains(c.Spec.Managed.Services.Disabled, role) {
			continue
		}
		if err := s.ensureService(ctx, c, c.Name+"-"+role, role, nil); err != nil {
			return err
		}
	}
	for _, more := range c.Spec.Managed.Services.Additional {
		if err := s.ensureService(ctx, c, more.Template.Name, more.SelectorType, more.Template.Labels); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) ensureService(ctx context.Context, c *cluster, name, role string, labels map[string]string) error {
	selector := map[string]string{clusterLabel: c.Name, "cnpg.io/podRole": "instance"}
	switch role {
	case "rw":
		selector["cnpg.io/instanceRole"] = "primary"
	case "ro":
		selector["cnpg.io/instanceRole"] = "replica"
	}
	_, err := s.client.CoreV1().Services(c.Namespace).Create(ctx, &corev1.Service{
		ObjectMeta: c.meta(name, labels),
		Spec: corev1.ServiceSpec{
			Selector: selector,
			Ports:    []corev1.ServicePort{{Name: "postgres", Port: 5432, TargetPort: intstr.FromInt32(5432)}},
		},
	}, metav1.CreateOptions{})
	return unlessThere(err)
}

func (s *stage) report(ctx context.Context, object *unstructured.Unstructured, c *cluster, ready []string) error {
	phase, state := "Waiting for the instances to become active", "False"
	if len(ready) == c.Spec.Instances {
		phase, state = "Cluster in healthy state", "True"
	}
	status := map[string]any{
		"phase": phase, "instances": int64(c.Spec.Instances), "readyInstances": int64(len(ready)),
		"currentPrimary": c.Name + "-1", "targetPrimary": c.Name + "-1", "image": c.Spec.ImageName,
		"readService": c.Name + "-r", "writeService": c.Name + "-rw",
		"conditions": []any{map[string]any{
			"type": "Ready", "status": state, "reason": "StandIn", "message": phase,
			"lastTransitionTime": object.GetCreationTimestamp().UTC().Format("2006-01-02T15:04:05Z"),
		}},
	}
	if had, _, _ := unstructured.NestedMap(object.Object, "status"); equality.Semantic.DeepEqual(had, status) {
		return nil
	}
	data, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	_, err = s.dynamic.Resource(clusterResource).Namespace(c.Namespace).Patch(
		ctx, c.Name, types.MergePatchType, data, metav1.PatchOptions{}, "status")
	if errors.IsNotFound(err) {
		return nil
	}
	return err
}

func unlessThere(err error) error {
	if errors.IsAlreadyExists(err) {
		return nil
	}
	return err
}
